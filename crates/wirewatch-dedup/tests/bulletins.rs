//! Bulletins that come every day in the same words: each is an article of its own, and a copy of
//! one is still a copy.

mod common;

use common::{Article, Desk, check_copy};
use wirewatch_model::{Relation, Verdict};

/// Numbers that look drawn at random and are the same in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn of<'a>(&mut self, options: &[&'a str]) -> &'a str {
        options[self.below(options.len() as u64) as usize]
    }
}

/// Title and text of the bulletin of one day of January.
type Bulletin = fn(&mut Draw, u64) -> (String, String);

fn monitoring(draw: &mut Draw, day: u64) -> (String, String) {
    const PLACES: &[&str] =
        &["Svitlodarsk", "Zolote", "Shyrokyne", "Krasnohorivka", "Avdiivka", "Popasna", "Marinka"];
    let (a, b, c, d) = (draw.below(400), draw.below(300), draw.below(90), draw.below(20));
    let (one, two, three) = (draw.of(PLACES), draw.of(PLACES), draw.of(PLACES));
    (
        format!("Monitoring mission: daily report of {day} January"),
        format!(
            "In the Donetsk region the mission recorded {a} ceasefire violations, including {c} undetermined \
explosions. In the previous reporting period it recorded {b} violations in the region. Most of them were heard in \
areas near {one}.\n\nIn the Luhansk region the mission recorded {b} violations, including {d} explosions, most of \
them in areas close to {two}.\n\nThe mission continued to follow up on reports of civilian casualties and monitored \
the disengagement areas near {three}. Its freedom of movement was restricted, including at checkpoints of the armed \
formations and for its unmanned aerial vehicles, which met with signal interference on {d} occasions.\n\nFor a \
complete breakdown of the violations, please see the annexed table."
        ),
    )
}

fn border(draw: &mut Draw, day: u64) -> (String, String) {
    let (cars, buses, lorries, hours) =
        (20 + draw.below(300), draw.below(30), 50 + draw.below(900), 1 + draw.below(40));
    (
        "Kolejki na granicy".to_owned(),
        format!(
            "Straż Graniczna informuje, że {day} stycznia rano na przejściu w {} czekało {cars} samochodów \
osobowych, {buses} autobusów i {lorries} ciężarówek. Czas oczekiwania na odprawę wynosił {hours} godzin. Kierowcy \
proszeni są o zachowanie cierpliwości i przygotowanie dokumentów.",
            draw.of(&["Dorohusku", "Medyce", "Korczowej", "Hrebennem"])
        ),
    )
}

fn virus(draw: &mut Draw, day: u64) -> (String, String) {
    let (new, deaths, beds, vaccinated) =
        (1_000 + draw.below(20_000), draw.below(300), draw.below(3_000), 10_000 + draw.below(90_000));
    (
        format!("За добу в Україні {new} нових випадків"),
        format!(
            "За добу {day} січня в Україні зафіксовано {new} нових підтверджених випадків захворювання, з них дітей \
– {}, медпрацівників – {}. Госпіталізовано {beds} осіб, летальних випадків – {deaths}, одужало {} осіб.\n\nНайбільше \
випадків зареєстровано в таких областях: {} – {}, {} – {}.\n\nЗа добу щеплено {vaccinated} людей, повідомляє \
Міністерство охорони здоров’я. Вакцинуватися може кожен охочий віком від 12 років, для цього слід звернутися до \
найближчого центру.",
            draw.below(900),
            draw.below(400),
            draw.below(9_000),
            draw.of(&["Київська", "Одеська", "Львівська"]),
            draw.below(2_000),
            draw.of(&["Харківська", "Волинська", "Сумська"]),
            draw.below(2_000)
        ),
    )
}

fn fuel(draw: &mut Draw, day: u64) -> (String, String) {
    (
        "Precio de la luz hoy".to_owned(),
        format!(
            "El precio medio de la luz en el mercado mayorista será este {day} de enero de {},{:02} euros por \
megavatio hora, según los datos del operador. El máximo, de {},{:02} euros, se registrará entre las {} y las {} \
horas, y el mínimo, de {},{:02} euros, de madrugada.",
            150 + draw.below(200),
            draw.below(100),
            300 + draw.below(90),
            draw.below(100),
            18 + draw.below(3),
            21 + draw.below(3),
            90 + draw.below(50),
            draw.below(100)
        ),
    )
}

fn quake(draw: &mut Draw, day: u64) -> (String, String) {
    (
        format!("Magnitude {}.{} earthquake recorded", 3 + draw.below(4), draw.below(10)),
        format!(
            "An earthquake of magnitude {}.{} was recorded at {:02}:{:02} on January {day}, {} km {} of {}, at a depth \
of {} kilometres, the seismological institute said. There were no reports of damage or injuries. This report was \
written by a machine and checked by an editor.",
            3 + draw.below(4),
            draw.below(10),
            draw.below(24),
            draw.below(60),
            3 + draw.below(90),
            draw.of(&["north", "south-east", "west"]),
            draw.of(&["Petrinja", "Izmir", "Vrancea", "Patras"]),
            2 + draw.below(90)
        ),
    )
}

fn oil_zh(draw: &mut Draw, day: u64) -> (String, String) {
    (
        "国际油价收盘".to_owned(),
        format!(
            "新华社纽约1月{day}日电 国际油价{day}日收盘时，纽约商品交易所轻质原油期货价格收于每桶{}.{:02}美元，涨幅为{}.{:02}%；\
伦敦布伦特原油期货价格收于每桶{}.{:02}美元，涨幅为{}.{:02}%。分析人士认为，市场继续关注供应情况。",
            70 + draw.below(20),
            draw.below(100),
            draw.below(4),
            draw.below(100),
            75 + draw.below(20),
            draw.below(100),
            draw.below(4),
            draw.below(100)
        ),
    )
}

const BULLETINS: &[(&str, Bulletin)] = &[
    ("monitoring", monitoring),
    ("border", border),
    ("virus", virus),
    ("fuel", fuel),
    ("quake", quake),
    ("oil_zh", oil_zh),
];

#[test]
fn bulletins_of_different_days_stay_apart() {
    for (name, bulletin) in BULLETINS {
        let mut desk = Desk::new();
        let mut draw = Draw(7);
        for day in 1..=25 {
            let (title, text) = bulletin(&mut draw, day);
            let article = Article::new(day as i64, "bureau.example", &title, &text).at(day as i64 * 24);
            assert_eq!(desk.verdict(&article), Verdict::New, "{name}, day {day}: {text}");
        }
    }
}

#[test]
fn bulletins_that_come_several_times_a_day_stay_apart() {
    for (name, bulletin) in BULLETINS {
        let mut desk = Desk::new();
        let mut draw = Draw(8);
        for hour in 0..24 {
            let (title, text) = bulletin(&mut draw, 10);
            let article = Article::new(hour + 1, "bureau.example", &title, &text).at(hour);
            assert_eq!(desk.verdict(&article), Verdict::New, "{name}, hour {hour}: {text}");
        }
    }
}

#[test]
fn a_copy_of_a_bulletin_is_a_copy_of_that_day() {
    for (name, bulletin) in BULLETINS {
        let mut desk = Desk::new();
        let mut draw = Draw(9);
        let all: Vec<(String, String)> = (1..=10).map(|day| bulletin(&mut draw, day)).collect();
        for (day, (title, text)) in all.iter().enumerate() {
            let id = day as i64 * 10 + 1;
            assert_eq!(
                desk.verdict(&Article::new(id, "bureau.example", title, text).at(id * 2)),
                Verdict::New,
                "{name}"
            );
            let copy = format!("{text}\n\nSubscribe to our channel for more news.");
            let copy =
                Article::new(id + 1, "other.example", &format!("{title} - Other"), &copy).at(id * 2 + 3);
            check_copy(desk.verdict(&copy), id, &[Relation::Syndicated, Relation::Extended]);
        }
    }
}
