//! A database whose feeds are in many states.

use crate::common::Session;

/// Addresses inside a carrier's network: a list takes them, and the guard of the fetcher never asks them.
const LIST: &str = "\
[publishers]
\"gone.example\" = { name = \"Gone Daily\" }
\"walled.example\" = { name = \"Walled Post\" }
\"still.example\" = { name = \"Still Waters\" }
[[feed]]
url = \"http://100.64.0.1:9/gone\"
publisher = \"gone.example\"
[[feed]]
url = \"http://100.64.0.1:9/walled\"
publisher = \"walled.example\"
title = \"World\"
[[feed]]
url = \"http://100.64.0.1:9/still\"
publisher = \"still.example\"
[[feed]]
url = \"http://100.64.0.1:9/well\"
[[feed]]
url = \"http://100.64.0.1:9/off\"
off = \"not wanted\"
";

/// A database whose feeds were checked and came to these states since.
pub(crate) fn looked_after() -> Session {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", LIST);
    session.run(&["run", "--once"]).expect(3);
    let database = database(&session);
    database
        .execute_batch(
            "UPDATE feed SET health = 'failing', failures = 9, failure = 'status', http_status = 404,
                    message = 'status 404 not found' WHERE url LIKE '%/gone';
             UPDATE feed SET health = 'blocked', failure = 'blocked', message = 'Cloudflare', http_status = 403
              WHERE url LIKE '%/walled';
             UPDATE feed SET health = 'stale', newest_entry = 0, recent = '[300000000,200000000,100000000]'
              WHERE url LIKE '%/still';
             UPDATE feed SET health = 'ok' WHERE url LIKE '%/well'",
        )
        .expect("changed");
    session
}

/// The database of a session that has run, to change what a test needs.
pub(crate) fn database(session: &Session) -> rusqlite::Connection {
    rusqlite::Connection::open(session.path("data/wirewatch/wirewatch.db")).expect("opens")
}
