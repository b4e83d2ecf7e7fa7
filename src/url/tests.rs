use crate::driver::hosts::Wanted;
use crate::driver::sqlx::mysql::MySqlSslMode;
use crate::driver::sqlx::postgres::PgSslMode;
use crate::driver::target::Target;
use crate::url::*;

fn refused(url: &str) -> String {
    let error = parse(url).expect_err(url);
    assert_eq!(error.code, crate::error::Code::Config);
    error.message.into_owned()
}

#[test]
fn all_forms_are_understood() {
    for url in [
        "postgres://u:p@localhost/db",
        "postgresql://u:p@[::1]:5433/db?schema=auth&connection_limit=3&pool_timeout=5",
        "postgresql://u@/db?host=/var/run/postgresql",
        "postgres://u:p@ep-x-pooler.eu.aws.neon.tech/db?sslmode=require&channel_binding=require",
        "postgres://u:p@localhost/db?options=-c%20statement_timeout%3D5000",
        "mysql://u:p@localhost:3306/db",
        "mariadb://u:p@localhost/db?sslaccept=strict",
        r#"mysql://u:p@aws.connect.psdb.cloud/db?ssl={"rejectUnauthorized":true}"#,
        "mysql://u:p@localhost/db?ssl=%7B%22rejectUnauthorized%22%3Atrue%7D",
        "sqlite:./dev.db",
        "sqlite://dev.db?mode=ro",
        "sqlite:///var/lib/dev.db",
        "file:./dev.db",
        "file:/var/lib/dev.db?connection_limit=1",
        "sqlite::memory:",
        ":memory:",
    ] {
        assert!(parse(url).is_ok(), "{url}: {:?}", parse(url).err());
    }
}

#[test]
fn passwords_are_decoded_and_never_shown() {
    let Target::Postgres { options, .. } = parse("postgres://us%40er:p%2Fw@h/d").unwrap().target else {
        panic!("postgres")
    };
    assert_eq!(options[0].get_username(), "us@er");
    for url in [
        "postgres://u:hunter2/x@h/d",
        "postgres://u:hunter2@h/d?hunter=3",
        "u:hunter2@h/d",
        "hunter2",
        "oracle://u:hunter2@h",
        "mysql://u:hunter2@h:port/d",
        "mysql://u:hunter2@/d?ssl=maybe",
    ] {
        let message = refused(url);
        assert!(!message.contains("hunter2"), "{url}: {message}");
    }
}

#[test]
fn the_wrong_part_is_named() {
    assert!(refused("postgres://h/d?sslmodus=require").contains("sslmodus"));
    assert!(refused("postgres://h/d?sslmode=maybe").contains("sslmode"));
    assert!(refused("mysql://h/d?connection_limit=0").contains("connection_limit"));
    assert!(refused("sqlite:x.db?mode=rx").contains("mode"));
    assert!(refused("mysql://h").contains("no database"));
    assert!(refused("sqlite:").contains("no file"));
    assert!(refused("./dev.db").contains("scheme"));
    assert!(refused("  ").contains("missing"));
    assert!(refused("postgres://h:99999/d").contains("port"));
}

#[test]
fn transaction_poolers_are_recognised() {
    for (url, pooler) in [
        ("postgres://h/d", false),
        ("postgres://h:6543/d", true),
        ("postgres://h:6432/d?pgbouncer=true", true),
        ("postgres://h:6543/d?pgbouncer=false", false),
        ("postgres://aws-0-eu.pooler.supabase.com/d", true),
        ("postgres://aws-0-eu.pooler.supabase.com:5432/d", false),
        ("postgres://h/d?statement_cache_size=0", true),
        ("postgres://h:6432/d", true),
        ("postgres://ep-calm-1.eu.neon.tech/d", false),
        ("postgres://ep-calm-1-pooler.eu.neon.tech/d", true),
        ("postgres://pooled.db.prisma.io/d", true),
        ("postgres://db.prisma.io/d", false),
        ("postgres://pgbouncer.abc.flympg.net/d", true),
        ("postgres://direct.abc.flympg.net/d", false),
    ] {
        assert_eq!(parse(url).unwrap().target.sessions().are_shared(), pooler, "{url}");
    }
}

#[test]
fn tls_follows_the_url() {
    let postgres = |query: &str| match parse(&format!("postgres://h/d?{query}")).unwrap().target {
        Target::Postgres { options, .. } => options[0].get_ssl_mode(),
        _ => panic!("postgres"),
    };
    assert!(matches!(postgres("sslmode=verify-full"), PgSslMode::VerifyFull));
    assert!(matches!(postgres("sslmode=no-verify"), PgSslMode::Require));
    assert!(matches!(postgres("sslaccept=strict"), PgSslMode::VerifyFull));
    assert!(matches!(postgres("application_name=x"), PgSslMode::Prefer));
    let mysql = |query: &str| match parse(&format!("mysql://h/d?{query}")).unwrap().target {
        Target::MySql { options, .. } => options[0].get_ssl_mode(),
        _ => panic!("mysql"),
    };
    assert!(matches!(mysql(r#"ssl={"rejectUnauthorized":true}"#), MySqlSslMode::VerifyIdentity));
    assert!(matches!(mysql("ssl-mode=REQUIRED"), MySqlSslMode::Required));
    assert!(matches!(mysql("sslaccept=accept_invalid_certs"), MySqlSslMode::Required));
}

/// The hosts of a URL, as messages name them.
fn hosts(url: &str) -> Vec<String> {
    let target = parse(url).unwrap_or_else(|error| panic!("{url}: {error}")).target;
    target.hosts().expect("a server").all.iter().map(|host| host.name.clone()).collect()
}

#[test]
fn several_hosts_are_understood() {
    for (url, expected) in [
        ("postgres://h/d?port=7", &["h:7"][..]),
        ("postgres://a:1,b:2/d", &["a:1", "b:2"]),
        ("postgres://a,b,c/d?port=7", &["a:7", "b:7", "c:7"]),
        ("postgres://u:p%2Cw@a:1,[::1]:2,[fe80::1%25eth0]/d?port=3,4,5", &["a:3", "[::1]:4", "[fe80::1%eth0]:5"]),
        ("postgres://u,v:p,w@a:1,[::1]:2/d", &["a:1", "[::1]:2"]),
        ("postgres://ignored:9/d?host=a,b&port=1,2", &["a:1", "b:2"]),
        ("postgres:///d?host=a,b&port=1,2", &["a:1", "b:2"]),
        ("postgres://u@/d?host=/run,b&port=1,2", &["/run/.s.PGSQL.1", "b:2"]),
        ("postgres://a%2Cb/d?port=1", &["a:1", "b:1"]),
        ("postgres://a,b/d?hostaddr=10.0.0.1,10.0.0.2&port=1", &["10.0.0.1:1", "10.0.0.2:1"]),
        ("mysql://a:1,b:2/d", &["a:1", "b:2"]),
        ("mysql://u:p@a,[::1]:2/d", &["a:3306", "[::1]:2"]),
        ("mariadb://a/d", &["a:3306"]),
    ] {
        assert_eq!(hosts(url), expected, "{url}");
    }
}

#[test]
fn of_several_hosts_the_wrong_part_is_named_and_never_shown() {
    for (url, named) in [
        ("postgres://a:1,b:hunter2/d", "port"),
        ("postgres://a:1,b:0/d", "port"),
        ("postgres://a:1,b:65536/d", "port"),
        ("postgres://a,b,c/d?port=1,2", "2 ports for 3 hosts"),
        ("postgres://a,b/d?hostaddr=10.0.0.1,10.0.0.2,10.0.0.3", "2 hosts for 3 addresses"),
        ("postgres://a,[::1/d", "IPv6"),
        ("postgres://a,[::1]hunter2/d", "IPv6"),
        ("postgres://u:1,hunter2/x@h/d", "percent-encoded"),
        ("mysql://u:1,hunter2?x@h/d", "percent-encoded"),
        ("mysql://u:1,hunter2#x@h/d", "percent-encoded"),
        ("postgres://a,b/d?target_session_attrs=writable", "any, read-write, read-only"),
        ("mysql://a,b/d?load_balance_hosts=yes", "disable or random"),
        ("mysql://a,b/d?socket=/run/mysqld.sock", "socket"),
    ] {
        let message = refused(url);
        assert!(message.contains(named) && !message.contains("hunter2"), "{url}: {message}");
    }
}

#[test]
fn several_hosts_want_a_writer_unless_the_url_says_otherwise() {
    for scheme in ["postgres", "mysql"] {
        for (url, wanted) in [
            ("a/d", Wanted::Any),
            ("a,b/d", Wanted::ReadWrite),
            ("a,b/d?target_session_attrs=any", Wanted::Any),
            ("a/d?target_session_attrs=primary", Wanted::Primary),
            ("a,b/d?target_session_attrs=prefer-standby&load_balance_hosts=random", Wanted::PreferStandby),
        ] {
            let target = parse(&format!("{scheme}://{url}")).unwrap().target;
            assert_eq!(target.hosts().expect("a server").wanted, wanted, "{scheme}://{url}");
        }
    }
}
