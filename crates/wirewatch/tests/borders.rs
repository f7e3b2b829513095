//! The borders between the crates, held by reading `cargo metadata`: which direct dependencies a crate
//! must not have. ARCHITECTURE.md says why.

#![allow(clippy::expect_used, reason = "helpers of tests: a failure is a failed test")]

use serde_json::Value;
use std::{collections::BTreeMap, process::Command};

/// Crate, and the dependencies it refuses.
const BORDERS: &[(&str, &[&str])] = &[
    ("wirewatch-model", &["tokio", "reqwest", "rusqlite", "axum"]),
    ("wirewatch-fetch", &["rusqlite", "axum"]),
    ("wirewatch-clean", &["tokio", "reqwest", "rusqlite", "axum"]),
    ("wirewatch-dedup", &["tokio", "reqwest", "rusqlite", "axum"]),
    ("wirewatch-tag", &["tokio", "reqwest", "rusqlite", "axum"]),
    ("wirewatch-store", &["reqwest", "axum"]),
    ("wirewatch-pipeline", &["axum"]),
    ("wirewatch-serve", &["reqwest", "rusqlite"]),
    ("wirewatch-newswire", &["rusqlite"]),
    ("wirewatch", &["reqwest", "rusqlite", "axum"]),
];

/// The stages are plain functions: they know the types that cross their border and no other stage.
const STAGES: &[&str] = &["wirewatch-fetch", "wirewatch-clean", "wirewatch-dedup", "wirewatch-tag"];

/// Every crate of the workspace with its direct dependencies, those of tests left out.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let all = package["dependencies"].as_array().expect("dependencies");
            let normal = all.iter().filter(|dependency| dependency["kind"].is_null());
            let names = normal.map(|dependency| dependency["name"].as_str().expect("name").to_owned());
            (package["name"].as_str().expect("name").to_owned(), names.collect())
        })
        .collect()
}

#[test]
fn no_crate_reaches_over_its_border() {
    let dependencies = dependencies();
    for (name, refused) in BORDERS {
        let direct = dependencies.get(*name).unwrap_or_else(|| panic!("{name} is not in the workspace"));
        for refused in *refused {
            assert!(!direct.iter().any(|found| found == refused), "{name} must not depend on {refused}");
        }
    }
}

#[test]
fn every_crate_of_the_workspace_has_a_border() {
    for name in dependencies().keys() {
        assert!(BORDERS.iter().any(|(bordered, _)| bordered == name), "{name} has no row in BORDERS");
    }
}

#[test]
fn no_stage_knows_another_stage() {
    let dependencies = dependencies();
    for stage in STAGES {
        for found in &dependencies[*stage] {
            let ours = found.starts_with("wirewatch-");
            assert!(!ours || found == "wirewatch-model", "{stage} must not depend on {found}");
        }
    }
}
