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
        "sqlite:///:memory:",
        "postgres://u@?host=/run/postgresql",
        "postgres://:5433/d",
        "postgres://u@:5433/d",
        "postgres://",
        "postgres://u:p%40ss@h/d?application_name=a@b",
        "postgres://u@[fe80::1%25eth0]/d",
        "postgres://h/d?hostaddr=10.0.0.1&sslmode=verify-ca&sslrootcert=ca.pem",
        "postgres://h/d?options=reference%3Dabc",
        "postgres://h?user=a@b",
        "postgres://h:5432/d?user=a@b",
        "postgres://h/d?connection_limit=10000&socket_timeout=2147483",
        "mysql://h/d?timezone=+00:00",
        "mysql://h/d?timezone=%2B00:00",
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
        "postgres://u:12?hunter2@h/d",
        "postgres://u:?hunter2@h/d",
        "postgres://u:p@ss?hunter2@h/d",
        "postgres://u:p@h/d?x=1&hunter2@h/d",
        "postgres:/u:hunter2@h/d",
        "postgres:u:hunter2@h/d",
        "mysql:u:hunter2@h/d",
        "postgres:///u:hunter2@h/d",
        "mysql:////u:hunter2@h/d",
        "postgres://u:a@b/hunter2@h/d",
        "postgres://u:p@h/d?password=a&hunter2",
        "mysql://u:p@h/d?password=a&hunter2!=x",
        "sqlite:postgres://u:hunter2@h/d",
        "file:a.db?hunter2",
        "postgres://joe:12?hunter2x=tail@127.0.0.9:1/app",
        "mysql://joe:12?a=1&hunter2=2@127.0.0.9:1/app",
        "postgres://joe:12?host=hunter2@127.0.0.9:1/app",
    ] {
        let error = parse(url).expect_err(url);
        let message = format!("{error} {:?}", error.details);
        assert!(!message.contains("hunter2"), "{url}: {message}");
    }
}

#[test]
fn the_wrong_part_is_named() {
    for (url, named) in [
        ("postgres://h/d?connection_limit=10001", "connection_limit"),
        ("postgres://h/d?connection_limit=0", "connection_limit"),
        ("postgres://h/d?connection_limit=18446744073709551615", "connection_limit"),
        ("postgres://h/d?socket_timeout=2147484", "socket_timeout"),
        ("mysql://h/d?connect_timeout=18446744073709551615", "connect_timeout"),
        ("sqlite:x.db?busy_timeout=4000000000", "busy_timeout"),
        ("postgres://h/d?hostaddr=10.0.0.1&sslmode=verify-full", "hostaddr"),
    ] {
        let message = refused(url);
        assert!(message.contains(named), "{url}: {message}");
    }
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

/// The two modes of a PostgreSQL URL, and the one of a MySQL URL.
fn postgres_modes(query: &str) -> (PgSslMode, Option<PgSslMode>) {
    match parse(&format!("postgres://h/d?{query}")).unwrap_or_else(|error| panic!("{query}: {error}")).target {
        Target::Postgres { options, second_mode, .. } => (options[0].get_ssl_mode(), second_mode),
        _ => panic!("postgres"),
    }
}

fn mysql_mode(query: &str) -> MySqlSslMode {
    match parse(&format!("mysql://h/d?{query}")).unwrap_or_else(|error| panic!("{query}: {error}")).target {
        Target::MySql { options, .. } => options[0].get_ssl_mode(),
        _ => panic!("mysql"),
    }
}

#[test]
fn tls_follows_the_url_as_in_libpq() {
    for (query, modes) in [
        ("application_name=x", "Prefer, then Some(Disable)"),
        ("sslmode=disable", "Disable, then None"),
        ("sslmode=allow", "Disable, then Some(Require)"),
        ("sslmode=allow&sslrootcert=ca.pem", "Disable, then Some(VerifyCa)"),
        ("sslrootcert=ca.pem", "VerifyCa, then Some(Disable)"),
        ("sslmode=require", "Require, then None"),
        ("sslmode=require&sslrootcert=ca.pem", "VerifyCa, then None"),
        ("sslrootcert=ca.pem&sslmode=require", "VerifyCa, then None"),
        ("sslmode=require&sslrootcert=", "Require, then None"),
        ("sslmode=no-verify&sslrootcert=ca.pem", "Require, then None"),
        ("sslmode=verify-ca&sslrootcert=ca.pem", "VerifyCa, then None"),
        // Without a root certificate, a public authority's certificate for another name would do.
        ("sslmode=verify-ca", "VerifyFull, then None"),
        ("sslmode=verify-full", "VerifyFull, then None"),
        ("sslrootcert=system", "VerifyFull, then None"),
        ("sslmode=verify-full&sslrootcert=system&sslnegotiation=direct", "VerifyFull, then None"),
        // The mode says more than the flag, in either order.
        ("ssl=true&sslmode=require", "Require, then None"),
        ("sslmode=require&ssl=true", "Require, then None"),
        ("sslmode=disable&ssl=true", "Disable, then None"),
        ("ssl=true", "VerifyFull, then None"),
        ("ssl=false", "Disable, then None"),
        ("ssl=no-verify", "Require, then None"),
        (r#"ssl={"rejectUnauthorized":false}"#, "Require, then None"),
        // Prisma's word says whether the certificate is verified.
        ("sslaccept=strict", "VerifyFull, then None"),
        ("sslmode=require&sslaccept=strict", "VerifyFull, then None"),
        ("sslaccept=strict&sslmode=require", "VerifyFull, then None"),
        ("sslmode=require&sslrootcert=ca.pem&sslaccept=accept_invalid_certs", "Require, then None"),
        ("sslmode=verify-full&sslaccept=accept_invalid_certs", "VerifyFull, then None"),
        ("sslmode=disable&sslaccept=strict", "Disable, then None"),
    ] {
        let (first, second) = postgres_modes(query);
        assert_eq!(format!("{first:?}, then {second:?}"), modes, "{query}");
    }
    for mode in ["disable", "allow", "prefer", "require", "no-verify", "verify-ca"] {
        let message = refused(&format!("postgres://h/d?sslmode={mode}&sslrootcert=system"));
        assert!(message.contains("sslrootcert=system needs sslmode=verify-full"), "{mode}: {message}");
    }
}

#[test]
fn tls_follows_the_url_as_in_mysqls_client() {
    for (query, mode) in [
        ("connection_limit=1", "Preferred"),
        ("ssl-mode=DISABLED", "Disabled"),
        ("ssl-mode=PREFERRED", "Preferred"),
        ("ssl-mode=REQUIRED", "Required"),
        ("ssl-mode=REQUIRED&ssl-ca=ca.pem", "Required"),
        ("ssl-ca=ca.pem", "VerifyCa"),
        ("ssl-mode=VERIFY_CA&ssl-ca=ca.pem", "VerifyCa"),
        ("ssl-mode=VERIFY_CA", "VerifyIdentity"),
        ("ssl-mode=VERIFY_IDENTITY", "VerifyIdentity"),
        ("ssl=true", "VerifyIdentity"),
        ("ssl=false", "Disabled"),
        ("ssl=no-verify", "Required"),
        ("ssl=true&sslmode=required", "Required"),
        ("sslmode=required&ssl=true", "Required"),
        (r#"ssl={"rejectUnauthorized":true}"#, "VerifyIdentity"),
        (r#"ssl={"minVersion":"TLSv1.2","rejectUnauthorized":true}"#, "VerifyIdentity"),
        (r#"ssl={"minVersion":"TLSv1.2"}"#, "VerifyIdentity"),
        (r#"ssl={ "rejectUnauthorized": false }"#, "Required"),
        ("sslaccept=strict", "VerifyIdentity"),
        ("sslaccept=accept_invalid_certs", "Required"),
        ("sslcert=ca.pem&sslaccept=strict", "VerifyIdentity"),
        ("sslcert=ca.pem&sslaccept=accept_invalid_certs", "Required"),
        ("allowPublicKeyRetrieval=true", "Preferred"),
        ("allowPublicKeyRetrieval=false", "Required"),
        ("allowPublicKeyRetrieval=false&socket=/run/mysqld.sock", "Preferred"),
    ] {
        assert_eq!(format!("{:?}", mysql_mode(query)), mode, "{query}");
    }
    let refusal = refused("mysql://h/d?ssl-mode=DISABLED&allowPublicKeyRetrieval=false");
    assert!(refusal.contains("allowPublicKeyRetrieval"), "{refusal}");
    for (value, named) in [
        (r#"{"minVersion":"TLSv1.3"}"#, "ssl"),
        (r#"{"minVersion":"SSLv3"}"#, "minVersion"),
        (r#"{"ca":"…"}"#, "rejectUnauthorized"),
        ("{", "rejectUnauthorized"),
        ("maybe", "no-verify"),
    ] {
        let refusal = refused(&format!("mysql://h/d?ssl={value}"));
        assert!(refusal.contains(named), "{value}: {refusal}");
    }
}

#[test]
fn a_clients_certificate_comes_with_its_key() {
    for (url, named) in [
        ("postgres://h/d?sslcert=client.pem", "sslrootcert"),
        ("postgres://h/d?sslkey=client.key", "sslcert"),
        ("postgres://h/d?sslidentity=client.p12", "sslidentity"),
        ("mysql://h/d?ssl-cert=client.pem", "ssl-ca"),
        ("mysql://h/d?ssl-key=client.key", "ssl-cert"),
        ("mysql://h/d?sslpassword=hunter2", "sslpassword"),
    ] {
        let refusal = refused(url);
        assert!(refusal.contains(named) && !refusal.contains("hunter2"), "{url}: {refusal}");
    }
    assert!(parse("postgres://h/d?sslcert=client.pem&sslkey=client.key").is_ok());
    assert!(parse("mysql://h/d?ssl-cert=client.pem&ssl-key=client.key").is_ok());
}

#[test]
fn prismas_own_url_leads_to_the_database() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    // Prisma 7.0 to 7.5, and 7.6 to 7.10.
    for (query, max) in [
        (
            "connection_limit=1&connect_timeout=0&max_idle_connection_lifetime=0&pool_timeout=0&single_use_connections=true&socket_timeout=0",
            1,
        ),
        ("connection_limit=10&connect_timeout=0&max_idle_connection_lifetime=0&pool_timeout=0&socket_timeout=0", 10),
    ] {
        let at = |port| format!("postgres://postgres:hunter2@localhost:{port}/template1?sslmode=disable&{query}");
        let (database, shadow) = (at(51214), at(51215));
        let json = format!(r#"{{"databaseUrl":"{database}","name":"default","shadowDatabaseUrl":"{shadow}"}}"#);
        for key in [STANDARD.encode(&json), URL_SAFE_NO_PAD.encode(&json)] {
            for host in ["localhost:51213", "127.0.0.1:51213", "[::1]:51213"] {
                let key: String = ::url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
                let address = parse(&format!("prisma+postgres://{host}/?api_key={key}")).expect(host);
                let Target::Postgres { options, .. } = address.target else { panic!("postgres") };
                assert_eq!((options[0].get_port(), options[0].get_database()), (51214, Some("template1")), "{host}");
                assert_eq!(options[0].get_ssl_mode() as u8, PgSslMode::Disable as u8);
                assert_eq!(address.pool.max, Some(max), "{query}");
            }
        }
    }
    let broken = STANDARD.encode(r#"{"databaseUrl":"hunter2"}"#);
    for (url, named) in [
        ("prisma+postgres://accelerate.prisma-data.net/?api_key=hunter2".to_owned(), "direct URL"),
        ("prisma://accelerate.prisma-data.net/?api_key=hunter2".to_owned(), "direct URL"),
        ("prisma+postgres://localhost:51213/?api_key=hunter2".to_owned(), "api_key"),
        ("prisma+postgres://localhost:51213/".to_owned(), "api_key"),
        (format!("prisma+postgres://localhost:51213/?api_key={broken}"), "api_key"),
    ] {
        let refusal = refused(&url);
        assert!(refusal.contains(named) && !refusal.contains("hunter2"), "{url}: {refusal}");
    }
}

#[test]
fn options_are_passed_on() {
    for (value, sent) in [
        ("-c%20search_path%3Dauth", "-c search_path=auth"),
        ("--cluster%3Dx%20-csearch_path%3Dauth", "-c cluster=x -c search_path=auth"),
        ("endpoint%3Dep-cool-darkness-123456", "endpoint=ep-cool-darkness-123456"),
        ("project%3Dep-x%20-c%20search_path%3Dauth", "project=ep-x -c search_path=auth"),
    ] {
        let Target::Postgres { options, .. } = parse(&format!("postgres://u:p@h:1/d?options={value}")).unwrap().target
        else {
            panic!("postgres")
        };
        let options = &options[0];
        assert_eq!(options.get_options(), Some(sent), "{value}");
        assert_eq!((options.get_host(), options.get_port(), options.get_username()), ("h", 1, "u"), "{value}");
        assert_eq!(options.get_database(), Some("d"), "{value}");
    }
    assert!(refused("postgres://h/d?options=endpoints%3Dx").contains("options"));
}

/// The hosts of a URL, as messages name them.
#[test]
fn words_of_options_are_parted_as_in_libpq() {
    for (given, passed_on) in [
        ("-c%20a%3Db", "-c a=b"),
        ("-ca%3Db%20--c%3Dd", "-c a=b -c c=d"),
        (r"-c%20application_name%3Dmy%5C%20app", r"-c application_name=my\ app"),
        (r"-c%20a%3Db%5C%5Cc", r"-c a=b\\c"),
    ] {
        let Target::Postgres { options, .. } = parse(&format!("postgres://h/d?options={given}")).unwrap().target else {
            panic!("postgres")
        };
        assert_eq!(options[0].get_options(), Some(passed_on), "{given}");
    }
}

#[test]
fn sqlite_files_are_where_urls_put_them() {
    for (url, expected) in [
        ("file://localhost/var/x.db", "/var/x.db"),
        ("file:///var/x.db", "/var/x.db"),
        ("sqlite://localhost.db", "localhost.db"),
        ("file:./x.db", "./x.db"),
        ("sqlite:///C:/app/x.db", if cfg!(windows) { "C:/app/x.db" } else { "/C:/app/x.db" }),
    ] {
        let Target::Sqlite(options) = parse(url).unwrap().target else { panic!("sqlite") };
        assert_eq!((options.path.to_str(), options.in_memory), (Some(expected), false), "{url}");
    }
    assert!(parse("sqlite:///:memory:").unwrap().in_memory);
}

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
        ("postgres://u:/hunter2@h/d", "percent-encoded"),
        ("postgres://u:84/hunter2@h/d", "percent-encoded"),
        ("mysql://u:12,ss/w=hunter2@h/d", "percent-encoded"),
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
