//! Clusters whose ranks are on several nodes, pretended on this machine: the same results as on one, and what is lost when
//! a part fails.

#[macro_use]
#[path = "../conformance/support.rs"]
#[allow(dead_code, unused_macros, reason = "the other suites use the rest")]
mod support;

/// Runs the body of a test again on so many pretended nodes, with so many workers on each, and fails with it.
macro_rules! on_nodes {
    ($test:ident, $nodes:expr, $workers:expr) => {{
        let mut again = again!($test, "nodes");
        again.env("DSM_PRETEND_NODES", $nodes.to_string()).env("DSM_NUM_WORKERS", $workers.to_string());
        let output = again.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} nodes of {} workers: {}\n{said}", $nodes, $workers, output.status);
    }};
}

mod faults;
mod moves;
mod same;
