package node

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// book is where the other nodes' links are reached, as last heard. It is kept in peers.json in the data directory, so that a cluster
// that was stopped as a whole finds itself again before its metadata can be read. It is a hint: who answers there proves who it
// is. Safe for concurrent use.
type book struct {
	self msg.NodeID
	log  zerolog.Logger
	// connect is told of each node that is new, or has moved, and of each that is forgotten with a zero address.
	connect func(msg.NodeID, msg.Endpoint)

	mu    sync.Mutex
	path  string // "" until the directory is open
	known map[msg.NodeID]msg.Endpoint
}

const bookFile = "peers.json"

func newBook(self msg.NodeID, log zerolog.Logger, connect func(msg.NodeID, msg.Endpoint)) *book {
	return &book{self: self, log: log, connect: connect, known: map[msg.NodeID]msg.Endpoint{}}
}

// open reads what was kept in a data directory. What can't be read is left out: it was a hint.
func (b *book) open(dir string) {
	path := filepath.Join(dir, bookFile)
	var kept map[msg.NodeID]msg.Endpoint
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		b.log.Warn().Err(err).Str("file", path).Msg("can't read where the other nodes were; they are found through the seeds, or find this node")
	}
	b.mu.Lock()
	b.path = path
	b.mu.Unlock()
	for node, at := range kept {
		b.met(node, at)
	}
}

// met takes note of where a node is reached.
func (b *book) met(node msg.NodeID, at msg.Endpoint) {
	if node == b.self || at.Port == 0 {
		return
	}
	b.mu.Lock()
	news := b.known[node] != at
	if news {
		b.known[node] = at
		b.keep()
	}
	b.mu.Unlock()
	if news {
		b.connect(node, at)
	}
}

// only forgets all nodes but those of the cluster's image. A zero address is not known, and leaves what is.
func (b *book) only(nodes map[msg.NodeID]msg.Endpoint) {
	var gone []msg.NodeID
	b.mu.Lock()
	for node := range b.known {
		if _, stays := nodes[node]; !stays {
			delete(b.known, node)
			gone = append(gone, node)
		}
	}
	if len(gone) > 0 {
		b.keep()
	}
	b.mu.Unlock()
	for _, node := range gone {
		b.connect(node, msg.Endpoint{})
	}
	for node, at := range nodes {
		b.met(node, at)
	}
}

// all is where every known node is reached.
func (b *book) all() map[msg.NodeID]msg.Endpoint {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.known)
}

// keep writes the book; mu is held.
func (b *book) keep() {
	if b.path == "" {
		return
	}
	text, err := json.Marshal(b.known)
	if err == nil {
		err = writeDurably(b.path, append(text, '\n'))
	}
	if err != nil {
		b.log.Warn().Err(err).Str("file", b.path).Msg("can't keep where the other nodes are; a start of the whole cluster needs its seeds then")
	}
}
