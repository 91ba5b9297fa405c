//! Fetches pages on a pool of five threads and reports each as soon as it is there.
//!
//!     urls_rust [--timeout SECONDS] [URL...]
//!
//! The same program stands in the documentation of Python's concurrent.futures.
use cfutures::prelude::*;
use curl::easy::Easy;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

const URLS: [&str; 5] = [
    "http://www.foxnews.com/",
    "http://www.cnn.com/",
    "http://europe.wsj.com/",
    "http://www.bbc.co.uk/",
    "http://some-made-up-domain.com/",
];

/// The task: runs on a thread of the pool, and its result is the page.
fn load_url(url: &str, timeout: Duration) -> Result<Vec<u8>, String> {
    let mut page = Vec::new();
    let mut curl = Easy::new();
    let mut fetch = || {
        curl.url(url)?;
        curl.follow_location(true)?;
        curl.timeout(timeout)?;
        curl.signal(false)?; // signals and threads do not mix
        let mut transfer = curl.transfer();
        transfer.write_function(|piece| {
            page.extend_from_slice(piece);
            Ok(piece.len())
        })?;
        transfer.perform()
    };
    // Not every failure comes with a text of its own.
    fetch().map_err(|error: curl::Error| {
        error
            .extra_description()
            .unwrap_or(error.description())
            .to_string()
    })?;
    match curl.response_code() {
        Ok(status) if status >= 400 => Err(format!("HTTP Error {status}")),
        _ => Ok(page),
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut urls: Vec<String> = std::env::args().skip(1).collect();
    let mut timeout = 60;
    if urls.len() > 1 && urls[0] == "--timeout" {
        timeout = match urls[1].parse() {
            Ok(seconds) if seconds > 0 => seconds,
            _ => return Err("--timeout wants a number of seconds".into()),
        };
        urls.drain(..2);
    }
    if urls.is_empty() {
        urls = URLS.map(String::from).to_vec();
    }

    curl::init(); // libcurl wants this once, before there are other threads
    let pool = ThreadPool::with_workers(5)?;
    let mut futures = Vec::new();
    for url in urls.clone() {
        let timeout = Duration::from_secs(timeout);
        futures.push(pool.try_submit(move || load_url(&url, timeout))?);
    }
    for (index, future) in cfutures::as_completed(futures)? {
        let url = &urls[index];
        match future.result() {
            Ok(page) => println!("'{url}' page is {} bytes", page.len()),
            Err(error) => println!("'{url}' generated an exception: {error}"),
        }
    }
    Ok(pool.shutdown()?)
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("urls: {error}");
            ExitCode::FAILURE
        }
    }
}
