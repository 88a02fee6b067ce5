package leaders

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

func at(topic byte, p int32) msg.TopicPartition {
	return msg.TopicPartition{Topic: msg.TopicID{topic}, Partition: p}
}

func says(id msg.TopicPartition, leader msg.NodeID, epoch int32, inSync ...msg.NodeID) Announcement {
	return Announcement{id, msg.Leadership{Leader: leader, Epoch: epoch, InSync: inSync}}
}

func TestTheHighestEpochWins(t *testing.T) {
	cases := []struct {
		name  string
		heard []Announcement
		want  msg.Leadership
	}{
		{"nothing", nil, msg.Leadership{Leader: msg.NoNode}},
		{"one", []Announcement{says(at(1, 0), 2, 5, 1, 2)}, msg.Leadership{Leader: 2, Epoch: 5, InSync: []msg.NodeID{1, 2}}},
		{"a newer one", []Announcement{says(at(1, 0), 2, 5), says(at(1, 0), 3, 6)}, msg.Leadership{Leader: 3, Epoch: 6}},
		{"an older one that was late", []Announcement{says(at(1, 0), 3, 6), says(at(1, 0), 2, 5)}, msg.Leadership{Leader: 3, Epoch: 6}},
		{"the same leader, with fewer in sync", []Announcement{says(at(1, 0), 2, 5, 1, 2), says(at(1, 0), 2, 5, 2)}, msg.Leadership{Leader: 2, Epoch: 5, InSync: []msg.NodeID{2}}},
		{"a leader that stepped down", []Announcement{says(at(1, 0), 2, 5), says(at(1, 0), msg.NoNode, 5)}, msg.Leadership{Leader: msg.NoNode, Epoch: 5}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			table := NewTable()
			for _, a := range c.heard {
				table.Hear(a)
			}
			got, known := table.Get(at(1, 0))
			if !reflect.DeepEqual(got, c.want) || known != (len(c.heard) > 0) {
				t.Errorf("known %v: %+v, want %+v", known, got, c.want)
			}
		})
	}
}

func TestWhatANodeLeads(t *testing.T) {
	table := NewTable()
	for _, a := range []Announcement{says(at(2, 1), 7, 1), says(at(1, 3), 7, 1), says(at(1, 2), 8, 1), says(at(2, 0), 7, 1)} {
		table.Hear(a)
	}
	table.Forget(msg.TopicID{1}, 4)
	if got, want := table.LedBy(7), []Announcement{says(at(2, 0), 7, 1), says(at(2, 1), 7, 1)}; !reflect.DeepEqual(got, want) {
		t.Errorf("leads %v, want %v", got, want)
	}
}

func TestAnnouncementsTravel(t *testing.T) {
	var all []Announcement
	for p := range int32(20_000) {
		all = append(all, says(at(byte(p), p), p%5, p, 1, 2, 3))
	}
	all = append(all, says(at(9, 9), msg.NoNode, 3))
	frames := Encode(all)
	var back []Announcement
	for _, f := range frames {
		if len(f) > FrameTarget+announcementSize+4*mostInSync {
			t.Errorf("a frame of %d bytes", len(f))
		}
		part, err := Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		back = append(back, part...)
	}
	if len(frames) < 2 || !reflect.DeepEqual(back, all) {
		t.Errorf("%d announcements came back as %d, in %d frames", len(all), len(back), len(frames))
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Encode([]Announcement{says(at(1, 2), 3, 4, 5, 6), says(at(1, 3), msg.NoNode, 4)})[0])
	f.Add([]byte{1})
	f.Add([]byte{2, 0})
	f.Fuzz(func(t *testing.T, frame []byte) {
		all, err := Decode(frame)
		if err != nil || len(all) == 0 {
			return
		}
		if again := bytes.Join(Encode(all), nil); len(frame) < FrameTarget && !bytes.Equal(again, frame) {
			t.Errorf("%x came back as %x", frame, again)
		}
	})
}
