//! One stage as a filter: JSON lines in, JSON lines out, order kept.
//!
//! ```text
//! stdin ─► reader thread ─┬─► worker 0 ─┬─► stdout, in the order of the input
//!                         ├─► worker 1 ─┤
//!                         └─► …         ┘
//! ```
//!
//! Lines are dealt to the workers in turn and collected in turn, so the order is kept without
//! numbering them and at most a few lines for each worker are in memory. A stage whose answer depends
//! on earlier lines runs on one worker ([`in_order`]).

pub(crate) mod clean;
pub(crate) mod dedup;
pub(crate) mod line;
pub(crate) mod parse;
pub(crate) mod tag;

use crate::{exit::Exit, output::OutputError};
use line::Answer;
use std::{
    io::{self, BufRead, BufWriter, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

/// Lines waiting for one worker, and answers waiting to be written: enough that a slow line does not
/// stop the others at once, few enough that large pages do not pile up.
const QUEUE: usize = 8;

/// Runs a stage whose lines do not depend on one another on `jobs` threads.
pub(crate) fn each_alone(
    jobs: usize,
    input: impl BufRead + Send + 'static,
    output: impl Write,
    stage: impl Fn(&[u8]) -> Answer + Send + Sync + 'static,
) -> anyhow::Result<Exit> {
    if jobs <= 1 {
        return in_order(input, output, stage);
    }
    let stage = Arc::new(stage);
    let (to_workers, from_workers): (Vec<_>, Vec<_>) = (0..jobs)
        .map(|_| {
            let (lines, to_do) = sync_channel::<io::Result<Vec<u8>>>(QUEUE);
            let (done, answers) = sync_channel::<io::Result<Answer>>(QUEUE);
            let stage = Arc::clone(&stage);
            thread::spawn(move || work(&to_do, &done, &*stage));
            (lines, answers)
        })
        .unzip();
    // Not joined: it may wait for input for ever after the output was closed.
    thread::spawn(move || deal(input, &to_workers));
    let mut writer = AnswerWriter::new(output);
    for answers in from_workers.iter().cycle() {
        // The first worker without a next line shows that all lines are answered: they are dealt in turn.
        let Ok(answer) = answers.recv() else { break };
        writer.write(&answer?)?;
    }
    writer.finish()
}

/// Runs a stage on one thread, each line after the one before.
pub(crate) fn in_order(
    mut input: impl BufRead,
    output: impl Write,
    mut stage: impl FnMut(&[u8]) -> Answer,
) -> anyhow::Result<Exit> {
    let mut writer = AnswerWriter::new(output);
    let mut line = Vec::new();
    while read_line(&mut input, &mut line)? {
        writer.write(&guarded(&line, &mut stage))?;
    }
    writer.finish()
}

fn deal(mut input: impl BufRead, workers: &[SyncSender<io::Result<Vec<u8>>>]) {
    for worker in workers.iter().cycle() {
        let mut line = Vec::new();
        let sent = match read_line(&mut input, &mut line) {
            Ok(true) => worker.send(Ok(line)),
            Ok(false) => return,
            Err(error) => {
                drop(worker.send(Err(error)));
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

fn work(
    to_do: &Receiver<io::Result<Vec<u8>>>,
    done: &SyncSender<io::Result<Answer>>,
    stage: &(impl Fn(&[u8]) -> Answer + ?Sized),
) {
    for line in to_do {
        let answer = line.map(|line| guarded(&line, &mut |line: &[u8]| stage(line)));
        if done.send(answer).is_err() {
            return;
        }
    }
}

/// A panic is a fault of ours; it costs the line that met it and no other.
fn guarded(line: &[u8], stage: &mut impl FnMut(&[u8]) -> Answer) -> Answer {
    catch_unwind(AssertUnwindSafe(|| stage(line))).unwrap_or_else(|_| Answer::internal_fault(line))
}

/// Reads the next line that is not blank; false at the end.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        line.clear();
        if input.read_until(b'\n', line)? == 0 {
            return Ok(false);
        }
        if !line.trim_ascii().is_empty() {
            return Ok(true);
        }
    }
}

struct AnswerWriter<W: Write> {
    output: BufWriter<W>,
    bad_lines: u64,
}

impl<W: Write> AnswerWriter<W> {
    fn new(output: W) -> Self {
        Self { output: BufWriter::with_capacity(64 * 1024, output), bad_lines: 0 }
    }

    fn write(&mut self, answer: &Answer) -> anyhow::Result<()> {
        self.bad_lines += u64::from(answer.is_error());
        Ok(self.output.write_all(answer.bytes()).map_err(OutputError::from)?)
    }

    fn finish(mut self) -> anyhow::Result<Exit> {
        self.output.flush().map_err(OutputError::from)?;
        Ok(if self.bad_lines > 0 { Exit::Partial } else { Exit::Done })
    }
}

#[cfg(test)]
mod tests {
    use super::{line::Line, *};
    use serde_json::{Value, json};
    use std::io::Cursor;

    fn run(jobs: usize, input: &str) -> (Exit, Vec<Value>) {
        let mut output = Vec::new();
        let exit = each_alone(jobs, Cursor::new(input.to_owned()), &mut output, |bytes| {
            line::answer(bytes, |line: &Line| {
                assert_ne!(line.optional_text("title")?, Some("panic"), "as the test wants it");
                Ok(vec![("upper", json!(line.text("title")?.to_uppercase()))])
            })
        });
        let text = String::from_utf8(output).expect("UTF-8");
        let lines = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        (exit.expect("runs"), lines)
    }

    #[test]
    fn keeps_order_with_any_number_of_jobs() {
        let input: String = (0..500).map(|n| format!("{{\"id\":{n},\"title\":\"t{n}\"}}\n\n")).collect();
        let (exit, alone) = run(1, &input);
        assert_eq!(exit, Exit::Done);
        assert_eq!(alone[499], json!({"id": 499, "title": "t499", "upper": "T499"}));
        for jobs in [2, 3, 16] {
            assert_eq!(run(jobs, &input).1, alone, "{jobs} jobs");
        }
    }

    #[test]
    fn a_bad_line_is_answered_and_the_run_goes_on() {
        let input = "{\"id\":1,\"title\":\"a\"}\nnot json\n{\"id\":\"x\"}\n{\"id\":4,\"title\":\"b\"}";
        for jobs in [1, 3] {
            let (exit, lines) = run(jobs, input);
            assert_eq!(exit, Exit::Partial);
            assert_eq!(lines.len(), 4);
            assert_eq!(lines[1]["id"], Value::Null);
            assert_eq!(lines[2], json!({"id": "x", "error": "field title is missing"}));
            assert_eq!(lines[3]["upper"], "B");
        }
    }

    #[test]
    fn a_panic_costs_one_line() {
        let input = "{\"id\":1,\"title\":\"panic\"}\n{\"id\":2,\"title\":\"b\"}\n";
        for jobs in [1, 2] {
            let (exit, lines) = run(jobs, input);
            assert_eq!(exit, Exit::Partial);
            assert_eq!(lines[0]["id"], 1);
            assert!(lines[0]["error"].as_str().is_some_and(|text| text.contains("fault")));
            assert_eq!(lines[1]["upper"], "B");
        }
    }

    #[test]
    fn a_reader_that_goes_away_ends_the_run() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let input: String = (0..100_000).map(|n| format!("{{\"id\":{n},\"title\":\"t\"}}\n")).collect();
        let ended = each_alone(4, Cursor::new(input), Closed, |bytes| {
            line::answer(bytes, |_| Ok(Vec::<(_, Value)>::new()))
        });
        assert_eq!(Exit::of_error(&ended.expect_err("closed")), Exit::Done);
    }
}
