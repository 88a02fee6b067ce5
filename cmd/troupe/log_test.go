package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/wal"
	"github.com/seed-e634fa49/troupe/wal/record"
)

// writeLog makes a data directory with one log of the cluster's metadata: an empty entry, two batches, a log start.
func writeLog(t *testing.T) (data, log string) {
	t.Helper()
	data = t.TempDir()
	store, err := wal.OpenStore(wal.Options{Dir: data, Reserve: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	name := msg.TopicPartition{Topic: msg.MetadataTopicID}.String()
	l, err := store.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	batches := record.Build([]record.Record{{Key: []byte("ClusterFounded"), Value: []byte(`{"v":1}`)}, {Key: []byte("k"), Value: []byte("no JSON")}}, at)
	batches.Stamp(0, 1)
	second := record.Build([]record.Record{{Value: nil}}, at)
	second.Stamp(2, 1)
	frames := []wal.Frame{
		sealed(wal.KindEmpty, 0, 0, -1, nil),
		sealed(wal.KindRecords, 0, 3, at.UnixMilli(), append(batches, second...)),
		sealed(wal.KindLogStart, 3, 0, -1, []byte{0, 0, 0, 0, 0, 0, 0, 2}),
	}
	if err := l.Append(1, frames); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return data, filepath.Join(data, "partitions", name)
}

func sealed(k wal.Kind, base int64, count uint32, maxTimestamp int64, payload []byte) wal.Frame {
	f := append(wal.NewFrame(len(payload)), payload...)
	f.Seal(k, 1, base, count, maxTimestamp)
	return f
}

const dumped = `log AAAAAAAAAAAAAAAAAAAAAQ-0
00000000000000000001  bytes 0 to 41  index 1  term 1  empty
00000000000000000001  bytes 41 to 255  index 2  term 1  records  offsets 0 to 2
    batch  offsets 0 to 1  2 records  104 bytes  uncompressed  leader epoch 1  to 2026-01-02T03:04:05.000Z
        0  ClusterFounded  {"v":1}
        1  k  "no JSON"
    batch  offsets 2 to 2  1 record  68 bytes  uncompressed  leader epoch 1  to 2026-01-02T03:04:05.000Z
        2  null  null
00000000000000000001  bytes 255 to 304  index 3  term 1  log-start  to 2
`

func TestDumpShowsEveryEntry(t *testing.T) {
	data, log := writeLog(t)
	for _, dir := range []string{data, log} {
		if got := runShell(t, nil, "", "log", "dump", dir); got != dumped {
			t.Errorf("log dump %s:\n%s\nwant:\n%s", dir, got, dumped)
		}
	}
	const entry = `{"log":"AAAAAAAAAAAAAAAAAAAAAQ-0","file":"00000000000000000001","from":0,"to":41,"index":1,"term":1,"kind":"empty","offset":0,"next_offset":0}`
	if got, _, _ := strings.Cut(runShell(t, nil, "", "log", "dump", "--json", log), "\n"); got != entry {
		t.Errorf("first line of JSON: %s\nwant %s", got, entry)
	}
}

func TestVerifyNamesWhatIsDamaged(t *testing.T) {
	data, log := writeLog(t)
	const whole = "AAAAAAAAAAAAAAAAAAAAAQ-0: 3 entries in 304 bytes, whole\n"
	if got := runShell(t, nil, "", "log", "verify", data); got != whole {
		t.Errorf("a whole log: %s", got)
	}
	file := filepath.Join(log, "00000000000000000001")
	bytes, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	bytes[100] ^= 1
	if err := os.WriteFile(file, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	got := runShell(t, nil, "", "log", "verify", log)
	for _, want := range []string{"2 entries in 90 bytes, DAMAGED\n", "00000000000000000001, bytes 41 to 255, from index 2 on: ", "exit 1\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("a flipped bit: %s\nwithout %q", got, want)
		}
	}
	if got := runShell(t, nil, "", "log", "dump", log); !strings.Contains(got, "DAMAGED  00000000000000000001, bytes 41 to 255") || !strings.HasSuffix(got, "exit 1\n") {
		t.Errorf("dump of a flipped bit:\n%s", got)
	}
}

func TestWhatIsNoLogIsSaid(t *testing.T) {
	if got := runShell(t, nil, "", "log", "verify", t.TempDir()); !strings.Contains(got, "holds no segment") || !strings.HasSuffix(got, "exit 1\n") {
		t.Errorf("an empty directory: %s", got)
	}
	if got := runShell(t, nil, "", "log", "dump", filepath.Join(t.TempDir(), "nosuch")); !strings.Contains(got, "no such file") || !strings.HasSuffix(got, "exit 1\n") {
		t.Errorf("no directory: %s", got)
	}
}
