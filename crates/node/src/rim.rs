//! The rim: one thread with a tokio runtime for everything that may wait, streams, names and HTTP.

use crate::config::Config;
use crate::deeds::Counter;
use crate::net::dns::{Answer, Answers, look_up};
use crate::net::doorbell::Doorbell;
use crate::net::streams::{self, StreamRings};
use anyhow::{Context, Result};
use base::Ring;
use hickory_resolver::{ResolverBuilder, TokioResolver};
use sip::endpoint::Lookup;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// How often the resolver's ring is looked at. A look-up happens once per trunk and time-to-live, and takes
/// milliseconds itself.
const LOOKUP_EVERY: Duration = Duration::from_millis(20);

/// The rim's thread; dropping it ends it.
pub struct Rim {
    http: Option<SocketAddr>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Rim {
    /// Binds HTTP and starts the thread.
    ///
    /// # Errors
    /// When the HTTP address or a runtime cannot be had.
    pub fn start(
        config: &Config,
        listeners: Vec<TcpListener>,
        rings: StreamRings,
        lookups: Ring<Lookup>,
        answers: Ring<Answer>,
        engine: &Doorbell,
        counter: Counter,
    ) -> Result<Self> {
        let http = TcpListener::bind(config.node.http).with_context(|| {
            format!("HTTP {} cannot be bound; is another sujie running? See [node] http", config.node.http)
        })?;
        http.set_nonblocking(true)?;
        let address = http.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (end, ended) = oneshot::channel();
        let answers = Answers { ring: answers, engine: engine.clone() };
        let body = move || {
            let local = tokio::task::LocalSet::new();
            local.spawn_local(async move {
                if let Err(error) = streams::run(listeners, rings).await {
                    tracing::error!(%error, "streams have ended: TCP is not served any more");
                }
            });
            local.spawn_local(resolve(lookups, answers));
            local.spawn_local(async move {
                if let Err(error) = serve_http(http, counter).await {
                    tracing::error!(%error, "HTTP has ended");
                }
            });
            local.block_on(&runtime, async {
                let _ = ended.await;
            });
        };
        let thread = std::thread::Builder::new().name("sujie-rim".into()).spawn(body)?;
        Ok(Self { http: Some(address), end: Some(end), thread: Some(thread) })
    }

    /// Where HTTP is served.
    pub fn http(&self) -> Option<SocketAddr> {
        self.http
    }
}

impl Drop for Rim {
    fn drop(&mut self) {
        self.end.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Answers every question, if only with nothing: the engine never asks twice before it has heard.
async fn resolve(lookups: Ring<Lookup>, answers: Answers) {
    let resolver = TokioResolver::builder_tokio().and_then(ResolverBuilder::build);
    if let Err(error) = &resolver {
        tracing::error!(%error, "no resolver; give trunks by address. Is /etc/resolv.conf readable?");
    }
    let resolver = resolver.ok().map(Rc::new);
    loop {
        while let Some(lookup) = lookups.pop() {
            let answers = answers.clone();
            match &resolver {
                // Each by itself: a server that does not answer must not hold up the others.
                Some(resolver) => {
                    let resolver = Rc::clone(resolver);
                    tokio::task::spawn_local(async move { look_up(&resolver, lookup, &answers).await });
                }
                None => answers.give(lookup.id, Vec::new()),
            }
        }
        tokio::time::sleep(LOOKUP_EVERY).await;
    }
}

async fn serve_http(listener: TcpListener, counter: Counter) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    web::serve(listener, Arc::new(counter)).await
}
