package node

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// identity is what a data directory says about itself, in node.json at its top. It is written durably before anything else in
// the directory counts: when the directory is made, and once more when it is given to a cluster. After that it is never changed.
//
//	{"version": 2, "node_id": 1, "directory_id": "…", "founding_secret": "…",
//	 "cluster_id": "…", "secret": "…", "raft_id": 1, "founders": [{"node": 1, "directory": "…", "raftId": 1}]}
//
// Version 1, of single nodes, had no more than cluster_id, node_id and directory_id.
type identity struct {
	// Version is the format of the directory as a whole.
	Version int `json:"version"`
	// Node is the node that the directory belongs to.
	Node msg.NodeID `json:"node_id"`
	// Directory is new for each directory, so that a wiped one is not taken for what it was.
	Directory string `json:"directory_id"`
	// FoundingSecret is this node's part of the secret of a cluster that it founds with others.
	FoundingSecret string `json:"founding_secret,omitempty"`

	// The rest is empty until the directory belongs to a cluster.

	Cluster string `json:"cluster_id,omitempty"`
	// Secret lets the nodes of a cluster, and nobody else, into each other's bus.
	Secret string `json:"secret,omitempty"`
	// RaftID is this directory's replica in the group of the metadata log, Founders that group's first voters.
	RaftID   uint64             `json:"raft_id,omitempty"`
	Founders []metadata.Replica `json:"founders,omitempty"`
}

const (
	identityFile    = "node.json"
	identityVersion = 2
)

// readIdentity reads a directory's identity and checks that it is for this node. ok is false where there is none.
func readIdentity(dir string, node msg.NodeID) (id identity, ok bool, err error) {
	path := filepath.Join(dir, identityFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return identity{}, false, nil
	}
	if err != nil {
		return identity{}, false, fmt.Errorf("reading whose data directory this is: %w", err)
	}
	if err := json.Unmarshal(text, &id); err != nil {
		return identity{}, false, fmt.Errorf("%s is damaged (%w); restore the file from a backup, the data beside it is not touched", path, err)
	}
	if err := id.check(path, node); err != nil {
		return identity{}, false, err
	}
	return id.upgraded(), true, nil
}

func (id identity) check(path string, node msg.NodeID) error {
	switch {
	case id.Version > identityVersion:
		return fmt.Errorf("%s has version %d, and this program knows up to %d; start a newer troupe on it", path, id.Version, identityVersion)
	case id.Version < 1 || id.Directory == "" || id.Version == 1 && id.Cluster == "":
		return fmt.Errorf("%s is damaged: version, directory_id or cluster_id is missing; restore the file from a backup", path)
	case id.Version > 1 && id.Cluster != "" && (id.RaftID == 0 || len(id.Founders) == 0):
		return fmt.Errorf("%s is damaged: raft_id or founders are missing; restore the file from a backup", path)
	case id.Node != node:
		return fmt.Errorf("%s says that this directory belongs to node %d, and this is node %d; start it with --node-id %d, or give this node a directory of its own with --data", path, id.Node, node, id.Node)
	}
	return nil
}

// upgraded is the identity as this version of the format has it: a single node was its cluster's only founder.
func (id identity) upgraded() identity {
	if id.Version == 1 {
		sum := sha256.Sum256([]byte(id.Cluster + id.Directory)) // it had no secret
		id.Secret = digest(sum[:])
		id.RaftID, id.Founders = firstRaftID, []metadata.Replica{{Node: id.Node, Directory: id.Directory, RaftID: firstRaftID}}
	}
	return id
}

// member reports whether the directory belongs to a cluster.
func (id identity) member() bool { return id.Cluster != "" }

// newIdentity is that of an empty directory, which belongs to no cluster yet.
func newIdentity(node msg.NodeID, random io.Reader) (identity, error) {
	id := identity{Version: identityVersion, Node: node}
	var err error
	if id.Directory, err = newID(random); err != nil {
		return identity{}, err
	}
	id.FoundingSecret, err = newID(random)
	return id, err
}

// write makes the identity that of a directory, which is locked.
func (id identity) write(dir string) error {
	text, err := json.Marshal(id)
	if err != nil {
		return err
	}
	if err := writeDurably(filepath.Join(dir, identityFile), append(text, '\n')); err != nil {
		return fmt.Errorf("writing whose data directory %s is: %w", dir, err)
	}
	return nil
}

// newID makes an id as Kafka's tools write theirs: 16 random bytes in URL-safe base64. One that begins with a dash would
// look like a flag.
func newID(random io.Reader) (string, error) {
	for {
		var raw [16]byte
		if _, err := io.ReadFull(random, raw[:]); err != nil {
			return "", fmt.Errorf("drawing a new id: %w", err)
		}
		if id := base64.RawURLEncoding.EncodeToString(raw[:]); id[0] != '-' {
			return id, nil
		}
	}
}

// writeDurably writes a file that is there whole after a crash, or not at all.
func writeDurably(path string, text []byte) error {
	next := path + ".new"
	f, err := os.OpenFile(next, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) // it may hold the cluster's secret
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// syncDirectory makes the names in a directory durable.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
