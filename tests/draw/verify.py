"""Repeats a draw of 尚学 and compares: python3 verify.py FILE. The rules: /m/draw-rules.txt"""
import hashlib
import sys

text = open(sys.argv[1], encoding="utf-8", newline="").read()
before, _, after = text.partition("\n种子 ")
listed, seed = before + "\n", after.split("\n")[0]
classes, people, order, placed, waiting = {}, {}, {}, {}, {}
for words in (line.split(" ") for line in listed.split("\n")):
    if words[0] == "班":  # places, kept for newcomers, course, minutes of the week
        hours = range(*(int(words[9]) * 1440 + int(minute) for minute in words[10:12]))
        classes[int(words[1])] = int(words[3]), int(words[5]), words[7], set(hours)
    elif words[0] == "号":  # how many at most, lots by wish, new to the course by wish
        wishes = [(int(c), rest) for c, rest in (wish.split("*") for wish in words[7:])]
        people[words[1]] = int(words[3]), {c: int(w.rstrip("新本")) for c, w in wishes}, {c: "新" in w for c, w in wishes}
for c in classes:  # one lot after the other out of the urn of each class
    urn, order[c], placed[c], waiting[c] = {p: people[p][1][c] for p in sorted(people) if c in people[p][1]}, [], [], []
    while urn:
        digest = hashlib.sha256(f"{seed}|{c}|{len(order[c]) + 1}".encode()).digest()
        hit = int.from_bytes(digest, "big") % sum(urn.values())
        order[c].append(next(p for p in urn if (hit := hit - urn[p]) < 0))
        del urn[order[c][-1]]
fits = lambda c, others: all(classes[c][2] != classes[o][2] and not classes[c][3] & classes[o][3] for o in others)
won = {p: [] for p in people}
for _ in range(max((person[0] for person in people.values()), default=0)):  # rounds: one class more for each
    outside = [p for p in people if len(won[p]) < people[p][0]]
    doors, held = {p: [c for c in people[p][1] if fits(c, won[p])] for p in outside}, {c: [] for c in classes}
    while outside:
        knocks = outside.pop()
        if not doors[knocks]:
            continue
        c = doors[knocks].pop(0)
        held[c] = sorted(held[c] + [knocks], key=order[c].index)
        free, new = classes[c][0] - len(placed[c]), [p for p in held[c] if people[p][2][c]]
        if len(held[c]) > free:  # the last one goes, but not a newcomer whose place is kept
            kept = min(free, max(0, classes[c][1] - sum(people[p][2][c] for p in placed[c])))
            outside.append([p for p in held[c] if len(new) > kept or p not in new][-1])
            held[c].remove(outside[-1])
    for c, p in ((c, p) for c in classes for p in held[c]):
        placed[c], won[p] = placed[c] + [p], won[p] + [c]
for p, (most, wishes, _) in people.items():
    for c in wishes:  # the lists for as many classes as there could still be
        if len(won[p]) < most and fits(c, won[p]) and not won[p].append(c):
            waiting[c].append(p)
lost = [p for p in sorted(people) if not any(p in inside for inside in placed.values())]
lines = [(f"{word} {c}", sorted(who[c], key=order[c].index)) for word, who in
         (("次序", order), ("录取", placed), ("候补", waiting)) for c in sorted(classes)] + [("落选", lost)]
mine = listed + f"种子 {seed}\n" + "".join(" ".join([begins, *numbers]) + "\n" for begins, numbers in lines)
print("名单", hashlib.sha256(listed.encode()).hexdigest())
sys.exit("结果不符" if mine != text else print("结果相符"))
