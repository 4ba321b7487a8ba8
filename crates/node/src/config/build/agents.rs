//! Agents: their groups and how well they serve them, their site, their phone's account.

use super::{Keys, or_first};
use crate::config::mistake::Findings;
use crate::config::raw::{Agent, File};
use acd::{Abilities, AgentPlan, GroupRef, SiteRef, SkillLevel};
use call::plan::AgentPhone;
use sip::leg::AorRef;
use sip::plan::{Account, Secret};
use std::collections::BTreeSet;
use toml::Spanned;

/// A shorter password of a phone is guessed sooner than one would think.
const PASSWORD_MIN: usize = 8;
/// Abilities of a centre: they are a set of bits.
pub(super) const ABILITIES_MAX: usize = 64;

pub(super) fn build(
    raw: &File,
    keys: &Keys<'_>,
    findings: &Findings,
) -> (Vec<AgentPlan>, Vec<AgentPhone>, Vec<Account>) {
    let mut phones_taken = BTreeSet::new();
    let (mut plans, mut phones, mut accounts) = (Vec::new(), Vec::new(), Vec::new());
    for agent in &raw.agents {
        check_account(agent, findings);
        check_work(agent, raw, findings);
        if !phones_taken.insert(agent.phone.get_ref()) {
            findings.wrong(
                agent.phone.span(),
                format!(
                    "phone {} of agent {} belongs to another agent",
                    agent.phone.get_ref(),
                    agent.key.get_ref()
                ),
                "give each agent a phone account of his own",
            );
        }
        plans.push(AgentPlan {
            name: agent.key.get_ref().clone(),
            site: site(agent, raw, keys, findings),
            skills: skills(agent, keys, findings),
            abilities: abilities(&agent.abilities, keys),
        });
        let supervisor = *agent.supervisor.get_ref();
        phones.push(AgentPhone { aor: AorRef::at(accounts.len()), supervisor });
        let user = agent.phone.get_ref().clone();
        let secret = Secret { user: user.clone(), password: agent.password.get_ref().clone() };
        accounts.push(Account { user, secret });
    }
    (plans, phones, accounts)
}

/// A set of abilities; unknown ones have been noted.
pub(super) fn abilities(written: &[Spanned<String>], keys: &Keys<'_>) -> Abilities {
    let places = written.iter().filter_map(|ability| keys.abilities.find(ability));
    Abilities(places.filter(|at| *at < ABILITIES_MAX).fold(0, |set, at| set | 1 << at))
}

/// Everybody works for a group, but the console of a radio studio.
fn check_work(agent: &Agent, raw: &File, findings: &Findings) {
    let is_console = raw.studios.iter().any(|studio| studio.console.get_ref() == agent.key.get_ref());
    if let Some(place) = agent.unskilled.clone().filter(|_| !is_console) {
        findings.wrong(
            place,
            format!("agent {} serves no group", agent.key.get_ref()),
            "add skills = { general = 5 }: groups and how well, 1 to 10; only a studio's console needs none",
        );
    }
}

fn check_account(agent: &Agent, findings: &Findings) {
    let (name, phone, password) = (agent.key.get_ref(), agent.phone.get_ref(), agent.password.get_ref());
    // RFC 3261 25.1, `user`: the characters that need no escaping.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'()&=+$,;?/".contains(c);
    if phone.is_empty() || !phone.chars().all(plain) {
        findings.wrong(
            agent.phone.span(),
            format!("phone {phone:?} of agent {name} cannot be the user of a SIP address"),
            "use digits and letters",
        );
    }
    // A password that is missing altogether has been noted; its place is then the agent's own.
    if agent.password.span() == agent.key.span() {
        return;
    }
    if password.is_empty() {
        findings.wrong(agent.password.span(), format!("password of agent {name} is empty"), "set one");
    } else if password.len() < PASSWORD_MIN || password == phone {
        findings.odd(
            agent.password.span(),
            format!("password of agent {name} is easy to guess"),
            format!("use {PASSWORD_MIN} characters or more, and not the phone's number"),
        );
    }
}

fn site(agent: &Agent, raw: &File, keys: &Keys<'_>, findings: &Findings) -> SiteRef {
    if agent.site.is_none() && raw.sites.len() > 1 {
        findings.wrong(
            agent.key.span(),
            format!("agent {} has no site", agent.key.get_ref()),
            "add site = \"…\"; with one site only, or none, it can be left out",
        );
    }
    if agent.site.is_none()
        && let [only] = raw.sites.as_slice()
    {
        keys.sites.find(only);
    }
    SiteRef::at(or_first(keys.sites.find_some(agent.site.as_ref())))
}

fn skills(agent: &Agent, keys: &Keys<'_>, findings: &Findings) -> Vec<(GroupRef, SkillLevel)> {
    let mut skills = Vec::new();
    for (group, level) in &agent.skills {
        if !(1..=10).contains(level.get_ref()) {
            findings.wrong(
                level.span(),
                format!("skill level of agent {} is {}", agent.key.get_ref(), level.get_ref()),
                "write one from 1 to 10; 10 is best",
            );
        }
        if let Some(at) = keys.groups.find(group) {
            skills.push((GroupRef::at(at), SkillLevel(*level.get_ref())));
        }
    }
    skills
}
