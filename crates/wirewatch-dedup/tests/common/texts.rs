#![allow(dead_code, reason = "each test file uses a part of it")]

//! Articles of our own writing.

pub(crate) const GENEVA: (&str, &str) = (
    "Talks on security guarantees open in Geneva",
    "Deputy foreign minister Sergei Ryabkov and deputy secretary of state Wendy Sherman sat down in Geneva on \
Monday for close to eight hours of talks on the demands that Moscow had put in writing in December.\n\n\
Ryabkov said afterwards that the conversation had been difficult but businesslike, and that his side had no plans \
to attack its neighbour. Sherman told reporters that the American delegation had pushed back on proposals that \
were, in her words, simply non-starters.\n\n\
Washington offered to speak about the placement of missiles and about the size of exercises, provided that the \
Kremlin does the same. A ban on further members of the alliance was refused.\n\n\
The meeting in Switzerland is the first of three in one week. The council of the alliance and Russia gathers in \
Brussels on Wednesday, and the Organization for Security and Co-operation in Europe follows in Vienna on Thursday.\n\n\
About 100,000 soldiers stand near the border according to Western estimates, with field hospitals and fuel depots \
added since November. Kyiv was not at the table and has asked its partners to decide nothing over its head.\n\n\
Ryabkov left open whether there would be another round, and said that the president would be briefed first.",
);

pub(crate) const GAS: (&str, &str) = (
    "Gas storage sites in Germany at lowest level in years",
    "The caverns in which Germany keeps its gas for the winter were filled to barely half in the second week of \
January, operators reported, a level that traders had not seen at this time of the year for a decade.\n\n\
Deliveries through the Yamal pipeline have run eastwards since 21 December, and the volumes that reach Slovakia \
through Ukraine are the smallest since 2015. Gazprom says that it fulfils all long-term contracts to the letter.\n\n\
Fatih Birol, who leads the International Energy Agency, accused the company of holding back about a third of what it \
could send. The ministry in Berlin answered that supply was secure and that nobody would be cold.\n\n\
Tankers from the United States have brought relief. At Rotterdam and Zeebrugge more liquefied gas was landed in the \
first half of the month than in the whole of the January before, and prices fell by a fifth from their peak.\n\n\
The second pipeline through the Baltic Sea remains without permission. The regulator in Bonn does not expect to \
decide before the summer, because the company that owns the German part has yet to be founded.",
);

pub(crate) const DRILL: (&str, &str) = (
    "Союзні навчання почнуться в лютому",
    "Міністерство оборони в Мінську повідомило, що спільні навчання з російськими військами триватимуть від 10 до \
20 лютого і пройдуть на п’яти полігонах, зокрема поблизу Бреста та Гомеля.\n\n\
Перші ешелони з технікою прибули до Білорусі ще в понеділок. Заступник міністра Олександр Фомін розповів \
військовим аташе в Москві, що для маневрів перекинуть дванадцять винищувачів Су-35 і два дивізіони комплексів \
С-400.\n\n\
У Києві нагадали, що від деяких полігонів до кордону менше ніж п’ятдесят кілометрів. Речник прикордонної служби \
Андрій Демченко сказав, що посилено патрулі та встановлено додаткові камери.\n\n\
За словами дипломатів у Брюсселі, про кількість солдатів, яких задіють у навчаннях, Мінськ не повідомив, хоча \
Віденський документ вимагає цього, якщо їх більше за дев’ять тисяч. Спостерігачів поки не запросили.\n\n\
Лукашенко заявив, що після завершення маневрів усі підрозділи повернуться до місць постійної дислокації.",
);
