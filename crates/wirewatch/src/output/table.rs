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
        _ if text.chars().count() > LONGEST_CELL => {
            text.chars().take(LONGEST_CELL - 1).chain(['…']).collect()
        }
        _ => text,
    }
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
