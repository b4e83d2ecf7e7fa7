//! The hosts and ports of a URL: one of each, or lists as libpq takes them.

use std::borrow::Cow;

use ::url::Url;

use crate::driver::hosts::{Choice, Host, Hosts, Wanted};
use crate::error::{Error, Result};
use crate::url::parts::{Authority, decode, wrong};

const BAD_PORT: &str = "its port is not a number from 1 to 65535; a '/', '#', '?', '@' or ':' in the password must be \
                        percent-encoded";

/// Lists of hosts, addresses and ports, separated by commas. Empty where the URL says nothing.
#[derive(Debug, Default)]
pub struct Places {
    pub hosts: String,
    /// In place of the hosts.
    pub addresses: String,
    pub ports: String,
    pub choice: Choice,
}

/// One place of the lists. `None` is the default.
#[derive(Debug, PartialEq, Eq)]
pub struct Place {
    pub host: Option<String>,
    pub port: Option<u16>,
}

impl Places {
    /// The list of hosts in the authority of the URL `text`, and the URL with one host in its place. `None` if there is no list.
    pub fn take(text: &str) -> Result<Option<(String, Self)>> {
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(None) };
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, list) = authority.rsplit_once('@').map_or((None, authority), |(user, list)| (Some(user), list));
        // Nor is the zone of an IPv6 address understood elsewhere.
        let has_zone = list.starts_with('[') && list.contains('%');
        if !list.contains(',') && !has_zone {
            return Ok(None);
        }
        // Otherwise the list would be a password, which no message may show.
        if user.is_none() && tail.split('=').next().is_some_and(|before| before.contains('@')) {
            return Err(unreadable("a '/', '#', '?' or '@' in the password must be percent-encoded"));
        }
        let (mut hosts, mut ports) = (Vec::new(), Vec::new());
        for place in list.split(',') {
            let (host, port) = parted(place)?;
            hosts.push(decode(host, "host")?);
            ports.push(port);
        }
        let ports = if ports.iter().all(|port| port.is_empty()) { String::new() } else { ports.join(",") };
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        let places = Self { hosts: hosts.join(","), ports, ..Self::default() };
        Ok(Some((format!("{scheme}://{user}localhost{tail}"), places)))
    }

    /// The one host of a URL without a list.
    pub fn of(url: &Url, authority: &Authority) -> Self {
        let ports = url.port().map(|port| port.to_string()).unwrap_or_default();
        Self { hosts: authority.host.clone().unwrap_or_default(), ports, ..Self::default() }
    }

    /// The list that `parameter` replaces.
    pub fn list(&mut self, parameter: &str) -> &mut String {
        match parameter {
            "host" => &mut self.hosts,
            "hostaddr" => &mut self.addresses,
            _ => &mut self.ports,
        }
    }

    /// Takes what `parameter` says of the choice among several hosts. Whether it says anything of it.
    pub fn choice_parameter(&mut self, parameter: &str, value: &str) -> Result<bool> {
        match parameter {
            "target_session_attrs" => {
                let wanted = Wanted::named(value).ok_or_else(|| wrong(parameter, &Wanted::names()))?;
                self.choice.wanted = Some(wanted);
            }
            "load_balance_hosts" => match value {
                "disable" => self.choice.random = false,
                "random" => self.choice.random = true,
                _ => return Err(wrong(parameter, "disable or random")),
            },
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Each place of the lists. One port serves all hosts.
    pub fn each(&self) -> Result<Vec<Place>> {
        let list = if self.addresses.is_empty() { &self.hosts } else { &self.addresses };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let hosts: Vec<_> = list.split(',').map(some).collect();
        let ports = self.ports.split(',').map(port).collect::<Result<Vec<_>>>()?;
        if ports.len() > 1 && ports.len() != hosts.len() {
            let (ports, hosts) = (ports.len(), hosts.len());
            let message =
                format!("the database URL has {ports} ports for {hosts} hosts: it takes one, or one for each host");
            return Err(Error::config(message).about("parameter", "port"));
        }
        let names = self.hosts.split(',').count();
        if !self.addresses.is_empty() && names > 1 && names != hosts.len() {
            let message = format!("the database URL has {names} hosts for {} addresses (hostaddr)", hosts.len());
            return Err(Error::config(message).about("parameter", "hostaddr"));
        }
        let ports = ports.into_iter().cycle();
        Ok(hosts.into_iter().zip(ports).map(|(host, port)| Place { host, port }).collect())
    }

    /// What is known of the hosts, whose names and ports have been settled.
    pub fn hosts(&self, hosts: Vec<Host>) -> Hosts {
        Hosts::new(hosts, self.choice)
    }
}

/// A host, and its port as it stands there.
fn parted(place: &str) -> Result<(&str, &str)> {
    let Some(inner) = place.strip_prefix('[') else {
        return Ok(place.split_once(':').unwrap_or((place, "")));
    };
    let (address, rest) = inner.split_once(']').ok_or_else(|| unreadable("an IPv6 address lacks its ']'"))?;
    match rest.strip_prefix(':') {
        Some(port) => Ok((address, port)),
        None if rest.is_empty() => Ok((address, "")),
        None => Err(unreadable("what follows the ']' of an IPv6 address is no port")),
    }
}

fn port(text: &str) -> Result<Option<u16>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse() {
        Ok(0) | Err(_) => Err(unreadable(BAD_PORT)),
        Ok(port) => Ok(Some(port)),
    }
}

fn unreadable(why: impl Into<Cow<'static, str>>) -> Error {
    Error::config(format!("the database URL cannot be parsed: {}", why.into()))
}
