//! Whether this process was started by an MPI launcher. To start MPI without one costs up to a third of a second, and
//! some MPIs leave a file behind.

/// What launchers set: Open MPI's, MPICH's and its kin's, and those of batch systems.
const VARIABLES: [&str; 4] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMI_RANK", "PMIX_RANK"];

/// The variable that says so.
pub(crate) fn launched_by() -> Option<&'static str> {
    by(|name| std::env::var_os(name).is_some())
}

fn by(is_set: impl Fn(&str) -> bool) -> Option<&'static str> {
    VARIABLES.into_iter().find(|name| is_set(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_launchers_variable_is_known_and_no_other() {
        for variable in VARIABLES {
            assert_eq!(by(|name| name == variable), Some(variable));
        }
        assert_eq!(by(|name| name == "OMPI_MCA_pml"), None);
    }
}
