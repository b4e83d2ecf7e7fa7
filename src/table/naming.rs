//! Names for what is made, in the style of what is there.

use sha2::{Digest, Sha256};

/// `credentialID` as `credential_id`, where that is the style.
pub fn styled(name: &str, snake: bool) -> String {
    if !snake {
        return name.to_owned();
    }
    let mut styled = String::with_capacity(name.len() + 4);
    let mut lower_before = false;
    for character in name.chars() {
        if character.is_uppercase() && lower_before {
            styled.push('_');
        }
        lower_before = character.is_lowercase() || character.is_ascii_digit();
        styled.extend(character.to_lowercase());
    }
    styled
}

/// PostgreSQL's names have 63 bytes. Of a longer one, a hash keeps it apart from others.
pub fn fitting(name: &str) -> String {
    if name.len() <= 63 {
        return name.to_owned();
    }
    let hash = Sha256::digest(name);
    let hash: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let start: String = name
        .chars()
        .scan(0, |bytes, each| {
            *bytes += each.len_utf8();
            (*bytes <= 54).then_some(each)
        })
        .collect();
    format!("{start}_{hash}")
}

/// A name without case, separators and plural: `verification_tokens` and `VerificationToken` are one.
pub fn stem(name: &str) -> String {
    let bare: String = name.chars().filter(|character| character.is_alphanumeric()).collect();
    let lower = bare.to_lowercase();
    lower.strip_suffix('s').map(str::to_owned).unwrap_or(lower)
}

/// A name without case and separators: `user_id`, `userId` and `userid` are one.
pub fn bare(name: &str) -> String {
    name.chars().filter(|character| *character != '_').flat_map(char::to_lowercase).collect()
}

/// Whether a date of this name is about the row itself: when it was made or changed, when it expires.
pub fn is_recent(name: &str) -> bool {
    let name = bare(name.trim_matches(['"', '`']));
    name.ends_with("at") || name.contains("expire") || name == "emailverified"
}

/// Whether a field is a date that Auth.js's methods take and return: all of these are written by one adapter.
pub fn is_date_of_authjs(field: &str) -> bool {
    matches!(field, "emailVerified" | "expires")
}

/// Whether a column of this name says when its row was made.
pub fn is_of_making(name: &str) -> bool {
    matches!(
        bare(name).as_str(),
        "createdat"
            | "created"
            | "createdon"
            | "createddate"
            | "createdtime"
            | "datecreated"
            | "creationdate"
            | "creationtime"
            | "createat"
            | "createtime"
            | "createdate"
    )
}

/// Whether a column of this name says when its row was changed last.
pub fn is_of_changing(name: &str) -> bool {
    matches!(
        bare(name).as_str(),
        "updatedat"
            | "updated"
            | "updatedon"
            | "updateddate"
            | "updatedtime"
            | "dateupdated"
            | "lastupdated"
            | "lastupdatedat"
            | "modifiedat"
            | "modified"
            | "modifiedon"
            | "modifieddate"
            | "datemodified"
            | "updateat"
            | "updatetime"
            | "updatedate"
            | "lastupdate"
            | "modifytime"
            | "lastmodified"
            | "lastmodifiedat"
            | "lastmodifieddate"
    )
}

pub fn camel_case(name: &str) -> String {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| {
        let mut characters = word.chars();
        text + &characters.next().map(char::to_uppercase).map(String::from_iter).unwrap_or_default()
            + characters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles() {
        assert_eq!(styled("credentialID", true), "credential_id");
        assert_eq!(styled("rateLimit", true), "rate_limit");
        assert_eq!(styled("rateLimit", false), "rateLimit");
        assert_eq!(fitting(&"x".repeat(80)).len(), 63);
    }
}
