/// Why rules cannot be used: the place and, where there is one, what was probably meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// The file is no TOML.
    #[error("{file} line {line}: {message}")]
    Syntax {
        /// Name of the file.
        file: String,
        /// Line, counted from 1.
        line: usize,
        /// What the TOML parser says.
        message: String,
    },
    /// A key nobody reads.
    #[error("{file} line {line}: unknown key '{key}'{}", did_you_mean(.nearest.as_deref()))]
    UnknownKey {
        /// Name of the file.
        file: String,
        /// Line, counted from 1.
        line: usize,
        /// The key with the tables it stands in.
        key: String,
        /// The known key most like it.
        nearest: Option<String>,
    },
    /// A key that must be there is not.
    #[error("{file} line {line}: '{key}' is missing or empty")]
    Missing {
        /// Name of the file.
        file: String,
        /// Line of the table that lacks it, counted from 1.
        line: usize,
        /// The key with the tables it stands in.
        key: String,
    },
    /// A value that cannot stand under its key.
    #[error("{file} line {line}: '{key}' {message}")]
    Value {
        /// Name of the file.
        file: String,
        /// Line, counted from 1.
        line: usize,
        /// The key with the tables it stands in.
        key: String,
        /// What is wrong with it.
        message: String,
    },
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|known| format!(", did you mean '{known}'?")).unwrap_or_default()
}
