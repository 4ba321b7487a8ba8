//! What people have set, over restarts.

use base::Private;
use report::UnixMs;
use std::path::PathBuf;
use store::Register;
use store::register::{AuditRow, List, Listed, OpenCallback};

/// A file of its own for each test, gone afterwards.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("sujie-register-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        Self(folder)
    }

    /// The register, as the next start finds it.
    fn open(&self) -> Register {
        Register::open(self.0.join("centre.db")).expect("it opens")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn number(text: &str) -> Private {
    Private::new(text.to_owned())
}

fn listed(of: &str, list: List, expires: u64) -> Listed {
    Listed {
        number: number(of),
        list,
        reason: "骚扰".into(),
        approver: "zhang".into(),
        operator: "li".into(),
        since: UnixMs(1_000),
        expires: UnixMs(expires),
    }
}

#[test]
fn a_list_outlives_a_restart_until_it_expires() {
    let place = Place::new("expiry");
    let register = place.open();
    let (day, week) =
        (listed("13800000001", List::Black, 86_400_000), listed("13800000002", List::Grey, 604_800_000));
    register.list(&day).expect("kept");
    register.list(&week).expect("kept");
    drop(register);
    let register = place.open();
    assert_eq!(register.listed(UnixMs(86_399_999)).expect("read"), [day, week.clone()]);
    drop(register);
    let register = place.open();
    assert_eq!(register.listed(UnixMs(86_400_000)).expect("read").len(), 1, "the day is over");
    assert_eq!(register.listed(UnixMs(0)).expect("read"), [week], "what has expired does not come back");
    assert!(register.unlist(&number("13800000002")).expect("taken off"));
    assert!(!register.unlist(&number("13800000002")).expect("asked"), "it is on none");
}

#[test]
fn numbers_that_people_put_on_lists_of_flows_are_there_again_until_they_are_taken_off() {
    let place = Place::new("enlisted");
    let register = place.open();
    let put = |list: &str, of: &str| register.enlist(list, &number(of), "li", UnixMs(5)).expect("kept");
    assert!(put("open_case", "13800000002") && put("firms", "13800000002") && put("firms", "13800000001"));
    assert!(!put("firms", "13800000001"), "it is on it");
    drop(register);
    let register = place.open();
    let all = [("firms", "13800000001"), ("firms", "13800000002"), ("open_case", "13800000002")];
    let all = all.map(|(list, of)| (list.to_owned(), number(of)));
    assert_eq!(register.enlisted().expect("read"), all);
    assert!(register.delist("firms", &number("13800000002")).expect("taken off"));
    assert!(
        !register.delist("firms", &number("13800000002")).expect("asked"),
        "it is on the other list only"
    );
    drop(register);
    assert_eq!(place.open().enlisted().expect("read"), [all[0].clone(), all[2].clone()]);
}

#[test]
fn urgent_cases_and_open_callbacks_are_there_again() {
    let place = Place::new("urgent");
    let register = place.open();
    assert!(register.set_urgent(&number("13800000001"), UnixMs(5), "li", true).expect("kept"));
    assert!(!register.set_urgent(&number("13800000001"), UnixMs(6), "li", true).expect("kept"), "already");
    let callback = OpenCallback {
        name: u64::MAX,
        number: number("13800000003"),
        group: "general".into(),
        priority: 255,
        missed: true,
        since: UnixMs(7),
        due: UnixMs(8),
    };
    register.keep_callback(&callback).expect("kept");
    register.keep_callback(&OpenCallback { name: 1, ..callback.clone() }).expect("kept");
    register.end_callback(1).expect("ended");
    drop(register);
    let register = place.open();
    assert!(register.is_urgent(&number("13800000001")).expect("read"));
    assert_eq!(register.urgent().expect("read").len(), 1);
    assert_eq!(register.take_callbacks().expect("read"), [callback]);
    assert_eq!(register.take_callbacks().expect("read"), [], "taken once");
}

#[test]
fn going_back_twice_goes_back_two_plans() {
    let place = Place::new("plans");
    let register = place.open();
    assert_eq!(register.keep_plan(UnixMs(1), "start", "one", None).expect("kept"), 1);
    assert_eq!(register.keep_plan(UnixMs(2), "start", "one", None).expect("kept"), 1, "the same text");
    assert_eq!(register.plan_before().expect("read"), None);
    register.keep_plan(UnixMs(3), "li", "two", None).expect("kept");
    register.keep_plan(UnixMs(4), "li", "three", None).expect("kept");
    let two = register.plan_before().expect("read").expect("there is one");
    assert_eq!(two.text, "two");
    register.keep_plan(UnixMs(5), "li", &two.text, Some(two.version)).expect("kept");
    let one = register.plan_before().expect("read").expect("there is one");
    assert_eq!(one.text, "one");
    register.keep_plan(UnixMs(6), "li", &one.text, Some(one.version)).expect("kept");
    assert_eq!(register.plan_before().expect("read"), None);
    assert_eq!(register.plans().expect("read").len(), 5, "nothing is forgotten");
}

#[test]
fn who_did_what_is_noted() {
    let place = Place::new("audit");
    let row = |at| AuditRow {
        at: UnixMs(at),
        operator: "li".into(),
        deed: "surge general on".into(),
        outcome: "done".into(),
    };
    place.open().audit(&row(1)).expect("noted");
    place.open().audit(&row(2)).expect("noted");
    assert_eq!(place.open().deeds(10).expect("read"), [row(2), row(1)]);
}
