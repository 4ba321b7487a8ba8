//! Mutations: from an input another one that is mostly like it, by seed.
//!
//! ```text
//!   flip a bit · set a byte · cut · drop a piece · repeat a piece · splice another input in · word of a dictionary
//! ```

use base::Random;

/// Longest input that is made: the longest datagram there is.
const LENGTH_MAX: usize = 65_507;

/// Words that mean something to the readers under test.
const WORDS: [&[u8]; 48] = [
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b"\r\n\r\n\r\n\r\n",
    b"\r\n ",
    b"\0",
    b",",
    b";",
    b":",
    b"=",
    b"\"",
    b"\\",
    b"<",
    b">",
    b"@",
    b"[::1]",
    b"%00",
    b"-1",
    b"0",
    b"255",
    b"65536",
    b"4294967296",
    b"99999999999999999999",
    b"SIP/2.0",
    b"INVITE sip:12345@10.0.0.1 SIP/2.0\r\n",
    b"Via: SIP/2.0/UDP 10.1.0.1;branch=z9hG4bK1\r\n",
    b"v: SIP/2.0/TCP [2001:db8::1]:5060;rport;branch=z9hG4bK\r\n",
    b"CSeq: 1 INVITE\r\n",
    b"Content-Length: 0\r\n",
    b"Content-Length: 999999\r\n",
    b"l: -1\r\n",
    b"Record-Route: <sip:10.0.0.7;lr>\r\n",
    b"Route: <sip:10.0.0.1;lr>\r\n",
    b"Require: 100rel\r\n",
    b"RAck: 1 1 INVITE\r\n",
    b"Session-Expires: 90;refresher=uac\r\n",
    b"Contact: *\r\n",
    b"Contact: <sip:8001@10.2.0.1>;expires=0\r\n",
    b";tag=@@TAG@@",
    b"@@BRANCH@@",
    b"m=audio 4000 RTP/AVP 8 0 101\r\n",
    b"m=audio 0 RTP/SAVPF 111\r\n",
    b"a=rtpmap:8 PCMA/8000\r\n",
    b"a=sendonly\r\n",
    b"c=IN IP4 0.0.0.0\r\n",
    b"c=IN IP6 ::\r\n",
    b"\x80\x08",
    b"\x80\xc8\x00\x06",
];

/// Makes inputs out of inputs.
#[derive(Clone, Debug)]
pub struct Mutator {
    random: Random,
}

impl Mutator {
    /// The mutations of a seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { random: Random::seeded(seed) }
    }

    /// A new input out of the corpus.
    ///
    /// # Panics
    /// When the corpus is empty.
    pub fn make(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut made = corpus[self.random.below(corpus.len() as u64) as usize].clone();
        // Mostly a touch or two, so that much of the input stays good; sometimes more.
        for _ in 0..=self.random.below(if self.random.clone().below(8) == 0 { 24 } else { 3 }) {
            self.touch(&mut made, corpus);
        }
        made.truncate(LENGTH_MAX);
        made
    }

    /// Attacks: each word of the dictionary again and again, alone and inside of an input, up to the longest
    /// datagram. The same for every seed.
    pub fn floods(input: &[u8]) -> impl Iterator<Item = Vec<u8>> {
        let line = input.iter().position(|&byte| byte == b'\n').map_or(input.len() / 2, |at| at + 1);
        WORDS.iter().flat_map(move |word| {
            // At the start, behind the first line, in the middle of the next one.
            let mut places = vec![0, line, (line + 9).min(input.len())];
            places.dedup();
            places.into_iter().map(move |at| {
                let mut made = input.to_vec();
                let room = LENGTH_MAX.saturating_sub(made.len());
                insert(&mut made, at, &word.repeat(room / word.len()));
                made
            })
        })
    }

    fn touch(&mut self, made: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let at = self.below(made.len() + 1);
        match self.random.below(9) {
            0 if at < made.len() => made[at] ^= 1 << self.random.below(8),
            1 if at < made.len() => made[at] = self.random.bits() as u8,
            2 => made.truncate(at),
            3 => {
                let end = (at + self.below(64)).min(made.len());
                made.drain(at..end);
            }
            4 => {
                let end = (at + 1 + self.below(200)).min(made.len());
                let piece = made[at..end].to_vec();
                // Repeating once is a doubled header; a thousand times is an attack.
                let times = if self.random.below(16) == 0 { 2_000 } else { 1 + self.below(4) };
                let times = times.min(LENGTH_MAX / piece.len().max(1));
                insert(made, at, &piece.repeat(times));
            }
            5 => {
                let other = &corpus[self.random.below(corpus.len() as u64) as usize];
                let start = self.below(other.len() + 1);
                let end = (start + self.below(300)).min(other.len());
                insert(made, at, &other[start..end]);
            }
            6 => self.swap_lines(made),
            _ => {
                let word = WORDS[self.below(WORDS.len())];
                let times = if self.random.below(64) == 0 { 60_000 / word.len() } else { 1 };
                let end = (at + if self.random.below(2) == 0 { word.len() } else { 0 }).min(made.len());
                made.drain(at..end);
                insert(made, at, &word.repeat(times));
            }
        }
    }

    /// A line moves to another place: headers in another order, a body before its head.
    fn swap_lines(&mut self, made: &mut Vec<u8>) {
        let mut lines: Vec<&[u8]> = made.split_inclusive(|&byte| byte == b'\n').collect();
        if lines.len() > 2 {
            let (from, to) = (self.below(lines.len()), self.below(lines.len()));
            let line = lines.remove(from);
            lines.insert(to, line);
            *made = lines.concat();
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.random.below(bound as u64) as usize
    }
}

fn insert(made: &mut Vec<u8>, at: usize, piece: &[u8]) {
    let tail = made.split_off(at);
    made.extend_from_slice(piece);
    made.extend_from_slice(&tail);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_inputs_and_all_kinds_of_them() {
        let corpus = vec![
            b"INVITE sip:x SIP/2.0\r\nVia: y\r\n\r\n".to_vec(),
            b"v=0\r\nm=audio 1 RTP/AVP 8\r\n".to_vec(),
        ];
        let made = |seed| {
            let mut mutator = Mutator::seeded(seed);
            (0..500).map(|_| mutator.make(&corpus)).collect::<Vec<_>>()
        };
        let first = made(1);
        assert_eq!(first, made(1));
        assert_ne!(first, made(2));
        assert!(first.iter().all(|input| input.len() <= LENGTH_MAX));
        let longer = first.iter().filter(|input| input.len() > 1_000).count();
        assert!((1..250).contains(&longer), "{longer}");
        assert!(first.iter().filter(|input| !corpus.contains(input)).count() > 450);
    }
}
