// Package names says how like two names are, across cultures: folding to Latin letters, short forms, spellings of one
// name in several languages, sound, typing errors, and a probability with its reasons in words.
//
// Everything is deterministic and safe for concurrent use. The tables under data/ are read on first use of what needs
// them, so a program that never compares a name pays nothing for them.
package names
