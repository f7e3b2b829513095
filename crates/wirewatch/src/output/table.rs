//! Rows as a table for people.

use super::{Column, Kind, plain, printable};
use crate::times;
use comfy_table::{
    Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets,
};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

/// Width without a terminal to ask.
const WIDTH: u16 = 120;
/// No cell is longer: a title of a thousand letters is a mistake of its feed.
const LONGEST_CELL: usize = 160;

/// Renders the columns meant for people; nothing for no rows.
pub(crate) fn render(columns: &[Column], rows: &[Map<String, Value>], zone: &TimeZone) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let shown: Vec<&Column> = columns.iter().filter(|column| column.in_table).collect();
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if table.width().is_none() {
        table.set_width(WIDTH);
    }
    table.set_header(shown.iter().map(|column| {
        Cell::new(column.key.replace('_', " "))
            .add_attribute(Attribute::Bold)
            .set_alignment(alignment(column))
    }));
    for row in rows {
        table.add_row(shown.iter().map(|column| {
            Cell::new(cell(column, row.get(column.key), zone)).set_alignment(alignment(column))
        }));
    }
    for (index, column) in shown.iter().enumerate() {
        if let Some(drawn) = table.column_mut(index) {
            drawn.set_padding((u16::from(index > 0), 0));
            if column.kind != Kind::Text {
                drawn.set_constraint(ColumnConstraint::ContentWidth);
            } else if index > 0 {
                drawn.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(8)));
            }
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn alignment(column: &Column) -> CellAlignment {
    if column.kind == Kind::Number { CellAlignment::Right } else { CellAlignment::Left }
}

fn cell(column: &Column, value: Option<&Value>, zone: &TimeZone) -> String {
    let text = printable(&plain(value));
    match (column.kind, value) {
        (Kind::Time, Some(Value::String(time))) => times::short(time, zone),
        (_, Some(Value::Bool(on))) => if *on { "yes" } else { "no" }.to_owned(),
        _ => shortened(&text, LONGEST_CELL),
    }
}

/// A text of at most so many letters; what is cut off ends in …
pub(crate) fn shortened(text: &str, letters: usize) -> String {
    if text.chars().nth(letters).is_none() {
        return text.to_owned();
    }
    text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

/// Names and what is said of them, side by side. A terminal gets lines of its width.
pub(crate) fn pairs(rows: &[(String, String)], names: usize) -> String {
    let width = Table::new().width().map(|width| usize::from(width).saturating_sub(names + 1));
    let mut lines = Vec::new();
    for (name, said) in rows {
        let parts = width
            .filter(|width| *width >= 20)
            .map_or_else(|| vec![said.clone()], |width| wrapped(said, width));
        for (nth, part) in parts.iter().enumerate() {
            let name = if nth == 0 { name.as_str() } else { "" };
            lines.push(format!("{name:<names$} {part}").trim_end().to_owned());
        }
    }
    lines.join("\n")
}

/// A text in lines of at most so many letters, broken between words where there are any. Blanks inside a
/// line stay.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line: Vec<char> = Vec::new();
    for letter in text.chars() {
        if line.len() == width {
            let at = line.iter().rposition(|letter| *letter == ' ').filter(|at| *at > 0 && letter != ' ');
            let rest = at.map(|at| line.split_off(at + 1)).unwrap_or_default();
            lines.push(line.iter().collect::<String>().trim_end().to_owned());
            line = rest;
            if line.is_empty() && letter == ' ' {
                continue;
            }
        }
        line.push(letter);
    }
    lines.push(line.into_iter().collect());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rows(value: Value) -> Vec<Map<String, Value>> {
        serde_json::from_value(value).expect("rows")
    }

    #[test]
    fn shows_what_people_want_and_no_control_characters() {
        let columns =
            [Column::time("time"), Column::text("title"), Column::number("id"), Column::text("url").hidden()];
        let rows = rows(json!([
            {"time": "2022-01-10T09:30:00Z", "title": "Talks\u{1b}[31m resume\nin Geneva", "id": 7, "url": "u"},
            {"time": null, "title": "x".repeat(500), "id": 1234, "url": "u"},
        ]));
        let text = render(&columns, &rows, &TimeZone::UTC);
        assert!(text.contains("2022-01-10 09:30"), "{text}");
        assert!(text.contains("Talks [31m resume in Geneva"), "{text}");
        assert!(!text.contains("url") && text.contains('…'), "{text}");
    }

    #[test]
    fn no_rows_are_no_table() {
        assert_eq!(render(&[Column::text("title")], &[], &TimeZone::UTC), "");
    }
}
