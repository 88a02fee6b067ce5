package loss

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// losePower does to a data directory what a power loss may do: whatever the ledger does not list as synced is cut, zeroed,
// or kept in part. A file whose name was never synced may be gone.
func losePower(dir, ledger string, r *rand.Rand) error {
	d, err := readLedger(ledger)
	if err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "LOCK" {
			return err
		}
		length, synced := d.length[path]
		if !synced && !d.named[path] && r.IntN(2) == 0 {
			return os.Remove(path)
		}
		return tear(path, length, r)
	})
}

// tear damages the bytes of a file behind its durable length.
func tear(path string, durable int64, r *rand.Rand) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() <= durable {
		return err
	}
	loose := info.Size() - durable
	from := durable + r.Int64N(loose+1)
	switch r.IntN(4) {
	case 0: // nothing was written
		return os.Truncate(path, durable)
	case 1: // a part was written
		return os.Truncate(path, from)
	case 2: // the length was written, the bytes were not
		return zero(path, from, info.Size())
	default: // a sector in the middle was not written, what is behind it was
		return zero(path, from, min(info.Size(), from+512))
	}
}

func zero(path string, from, to int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteAt(make([]byte, to-from), from)
	return err
}
