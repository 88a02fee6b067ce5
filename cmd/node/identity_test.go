package node

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

func TestADirectoryKnowsItself(t *testing.T) {
	dir := t.TempDir()
	empty, err := newIdentity(7, bytes.NewReader(seed(32)))
	if err != nil {
		t.Fatal(err)
	}
	if empty.member() || empty.Directory == empty.FoundingSecret || len(empty.Directory) != 22 {
		t.Errorf("an empty directory is %+v", empty)
	}
	for _, id := range []identity{empty, empty.alone()} {
		if err := id.write(dir); err != nil {
			t.Fatal(err)
		}
		read, known, err := readIdentity(dir, 7)
		if err != nil || !known || !reflect.DeepEqual(read, id) {
			t.Fatalf("read back %+v, %v, %v; written %+v", read, known, err, id)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.new")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestADirectoryOfASingleNodeIsItsClustersOnlyFounder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, identityFile), []byte(`{"version":1,"node_id":4,"directory_id":"d","cluster_id":"c"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	id, _, err := readIdentity(dir, 4)
	if want := []metadata.Replica{{Node: 4, Directory: "d", RaftID: 1}}; err != nil || id.RaftID != 1 || len(id.Secret) != 22 || !reflect.DeepEqual(id.Founders, want) {
		t.Errorf("%+v, %v", id, err)
	}
}

func TestAnIDNeverLooksLikeAFlag(t *testing.T) {
	dash := append([]byte{0xf8}, make([]byte, 15)...) // base64 begins with '-'
	id, err := newID(bytes.NewReader(append(dash, seed(16)...)))
	if err != nil || id[0] == '-' {
		t.Errorf("newID = %q, %v", id, err)
	}
}

func TestWhoseDirectoryItIs(t *testing.T) {
	for _, c := range []struct {
		name string
		file string // "": none
		node msg.NodeID
		want string // what the error says, "": none
	}{
		{"an empty one is nobody's", "", 1, ""},
		{"ours", `{"version":1,"node_id":1,"directory_id":"d","cluster_id":"c"}`, 1, ""},
		{"another node's", `{"version":1,"node_id":1,"directory_id":"d","cluster_id":"c"}`, 2, "--node-id 1"},
		{"of no cluster yet", `{"version":2,"node_id":1,"directory_id":"d"}`, 1, ""},
		{"of a cluster without founders", `{"version":2,"node_id":1,"directory_id":"d","cluster_id":"c","raft_id":1}`, 1, "founders"},
		{"of a newer version", `{"version":3,"node_id":1}`, 1, "start a newer troupe"},
		{"cut short", `{"version":1,"no`, 1, "damaged"},
		{"without a cluster", `{"version":1,"node_id":1,"directory_id":"d"}`, 1, "damaged"},
		{"empty file", "\n", 1, "damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.file != "" {
				if err := os.WriteFile(filepath.Join(dir, identityFile), []byte(c.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, known, err := readIdentity(dir, c.node)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want one that says %q", err, c.want)
			case c.want == "" && known != (c.file != ""):
				t.Errorf("known = %v", known)
			}
		})
	}
}

func seed(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}
