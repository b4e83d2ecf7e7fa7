//! `argon2-alone THREADS MILLISECONDS`: hashes that many threads make per second, each with memory of its own that stays.

use std::thread;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};

fn main() {
    let [threads, milliseconds] = [1, 2].map(|place| std::env::args().nth(place).and_then(|text| text.parse().ok()));
    let (threads, milliseconds): (u64, u64) = threads.zip(milliseconds).expect("two numbers");
    let begin = Instant::now();
    let until = begin + Duration::from_millis(milliseconds);
    let workers: Vec<_> = (0..threads).map(|_| thread::spawn(move || hash(until))).collect();
    let made: u64 = workers.into_iter().map(|worker| worker.join().expect("a thread")).sum();
    println!("{}", made as f64 / begin.elapsed().as_secs_f64());
}

fn hash(until: Instant) -> u64 {
    let params = Params::new(19_456, 2, 1, Some(32)).expect("OWASP's parameters");
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (mut made, mut output) = (0, [0; 32]);
    while Instant::now() < until {
        argon2
            .hash_password_into_with_memory(b"correct horse battery", &[7; 16], &mut output, &mut memory)
            .expect("a hash");
        made += 1;
    }
    made
}
