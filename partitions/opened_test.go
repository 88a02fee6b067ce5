package partitions

import (
	"testing"
	"time"
)

func TestWhoStandsFirstWhenItIsOpened(t *testing.T) {
	three := founded([]Voter{{1, 11}, {2, 12}, {3, 13}})
	self := func(id uint64) CoreConfig { return CoreConfig{Spec: Spec{Self: id}} }
	cases := []struct {
		name string
		core Core
		want time.Duration
	}{
		{"the first founder", Core{CoreConfig: self(11), members: three}, standFirst},
		{"the third founder", Core{CoreConfig: self(13), members: three}, standFirst + 2*foundNext},
		{"one that joins", Core{CoreConfig: self(14), members: three}, 0},
		{"the only voter campaigns by itself", Core{CoreConfig: self(11), members: three, only: true}, 0},
		{"a member with a past", Core{CoreConfig: self(12), members: three, last: 9, term: 2}, standAgain + standNext},
		{"a member that has voted", Core{CoreConfig: self(11), members: three, term: 2}, standAgain},
	}
	for _, c := range cases {
		if got := c.core.Opened(); got != c.want {
			t.Errorf("%s stands after %s, want %s", c.name, got, c.want)
		}
	}
}
