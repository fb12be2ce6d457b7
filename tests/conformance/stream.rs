//! `dsm::stream`: items that come one by one, or never end.

use std::cell::Cell;

use crate::teams;

#[dsm::test]
fn items_without_a_known_number_are_worked_on_in_order() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        for items in [1, 63, 64, 65, 5000] {
            let numbers = (0..).filter(|x| x % 3 == 0).take(items).map(|x| x.to_string());
            let results = dsm::stream(numbers).workers(workers).run(|ctx, text| (ctx.index(), text + "!"))?;
            assert_eq!(results.len(), items);
            assert!(results.iter().enumerate().all(|(i, (index, text))| i == *index && *text == format!("{}!", 3 * i)));
        }
    }
    Ok(())
}

#[dsm::test]
fn an_endless_stream_runs_only_so_far_ahead_of_slow_workers() -> dsm::Result<()> {
    for workers in teams([1, 2]) {
        let (asked, done) = (Cell::new(0), Cell::new(0));
        let mut most_ahead = 0;
        let items = std::iter::from_fn(|| {
            asked.set(asked.get() + 1);
            (done.get() < 200).then_some(asked.get())
        });
        dsm::stream(items).workers(workers).run_each(
            |_, _| std::thread::sleep(std::time::Duration::from_micros(200)),
            |_, ()| {
                done.set(done.get() + 1);
                most_ahead = most_ahead.max(asked.get() - done.get());
            },
        )?;
        assert!(done.get() >= 200);
        // Those that wait in slots, those in work, and their results under way.
        assert!(most_ahead <= 1024, "{most_ahead}");
    }
    Ok(())
}

#[dsm::test]
fn large_items_travel() -> dsm::Result<()> {
    for workers in teams([1, 3]) {
        let size = |index: usize| if index == 1 { 3 << 20 } else { index % 5 * 7_000 };
        let items = (0..70_usize).map(|index| char::from(index as u8).to_string().repeat(size(index)));
        let lengths = dsm::stream(items).workers(workers).run(|ctx, item| {
            assert!(item.bytes().all(|byte| byte == ctx.index() as u8));
            item.len()
        })?;
        assert!(lengths.iter().enumerate().all(|(index, &length)| length == size(index)));
    }
    Ok(())
}

#[dsm::test]
fn streams_have_ordered_sections_and_state_too() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let path = std::env::temp_dir().join(format!("dsm-stream-{}", std::process::id()));
        std::fs::write(&path, "").unwrap();
        dsm::stream((0..200).filter(|_| true)).workers(workers).init(|| path.clone()).run(|ctx, item| {
            ctx.ordered(|| {
                let text = std::fs::read_to_string(&*ctx.local()).unwrap();
                std::fs::write(&*ctx.local(), format!("{text}{item} ")).unwrap();
            });
        })?;
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(text, (0..200).map(|item| format!("{item} ")).collect::<String>());
    }
    Ok(())
}
