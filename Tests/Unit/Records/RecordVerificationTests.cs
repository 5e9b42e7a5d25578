using System.Security.Cryptography;
using System.Text;
using TraversalLearning.Records;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Records;

/// <summary>Every way to damage a record is found, with its file and line.</summary>
public sealed class RecordVerificationTests
{
    // Lines 1 to 5, 6 to 10 and 11 to 15 of the record: a line of the day and two visits.
    private static readonly string[] Days = ["1970-01-01.jsonl", "1970-01-02.jsonl", "1970-01-03.jsonl"];

    private TempFolder _state = null!;

    [SetUp]
    public void WriteRecord()
    {
        _state = new TempFolder();
        var time = new ManualTimeProvider();
        using var record = OutgoingRecord.Open(_state.Path, time);
        for (int day = 0; day < Days.Length; day++)
        {
            record.SendVisit(RecordedRun.Of("4f1c"), 1, day);
            record.SendVisit(RecordedRun.Of("4f1c"), 2, day);
            time.Advance(TimeSpan.FromDays(1));
        }
    }

    [TearDown]
    public void RemoveRecord() => _state.Dispose();

    [Test]
    public void A_record_as_it_was_written_is_whole()
    {
        var verification = RecordVerification.Of(_state.Path);
        Assert.That(verification.Findings, Is.Empty);
        Assert.That((verification.Files, verification.End.Lines, verification.IsPart), Is.EqualTo((3, 15L, false)));
    }

    [Test]
    public void Every_byte_that_is_changed_is_found([Range(0, 4)] int line)
    {
        string path = _state["record", Days[1]];
        byte[] whole = File.ReadAllBytes(path);
        string[] lines = Encoding.UTF8.GetString(whole).Split('\n');
        int start = lines[..line].Sum(l => l.Length + 1);
        for (int i = start; i < start + lines[line].Length; i += 3)
        {
            byte[] changed = [.. whole];
            changed[i] ^= 1;
            File.WriteAllBytes(path, changed);
            RecordFinding[] damages = [.. RecordVerification.Of(_state.Path).Findings.Where(f => f.IsDamage)];
            Assert.That(damages, Is.Not.Empty, $"byte {i}");
            Assert.That((damages[0].File, damages[0].Line), Is.EqualTo((Days[1], (long?)(line + 1))).Or.EqualTo((Days[1], (long?)(line + 2))), $"byte {i}: {damages[0]}");
        }
    }

    [Test]
    public void A_number_that_is_changed_is_found_in_its_line()
    {
        Edit(Days[0], lines => lines[2] = lines[2].Replace("\"rows\":8", "\"rows\":1", StringComparison.Ordinal));
        AssertDamage(Days[0], 3, "changed: its hash does not follow from it and the line before");
    }

    [Test]
    public void A_line_that_is_written_anew_with_its_hash_is_found_in_the_next()
    {
        Edit(Days[0], lines =>
        {
            string body = lines[2].Replace("\"rows\":8", "\"rows\":1", StringComparison.Ordinal);
            body = body[..body.LastIndexOf(",\"hash\"", StringComparison.Ordinal)];
            string previous = lines[1][^66..^2];
            lines[2] = $"{body},\"hash\":\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(previous + body)))}\"}}";
        });
        AssertDamage(Days[0], 4, "changed: its hash does not follow from it and the line before");
    }

    [Test]
    public void A_missing_line_is_found()
    {
        Edit(Days[1], lines => lines.RemoveAt(2));
        AssertDamage(Days[1], 3, "line 8 of the record, which is before it, is missing");
    }

    [Test]
    public void Missing_lines_are_counted()
    {
        Edit(Days[1], lines => lines.RemoveRange(1, 3));
        AssertDamage(Days[1], 2, "lines 7 to 9 of the record, which are before it, are missing");
    }

    [Test]
    public void Missing_lines_before_a_day_are_found()
    {
        Edit(Days[0], lines => lines.RemoveAt(4));
        AssertDamage(Days[1], 1, "line 5 of the record, which is before it, is missing");
    }

    [Test]
    public void A_missing_first_line_is_found([Values(0, 1, 2)] int day)
    {
        Edit(Days[day], lines => lines.RemoveAt(0));
        AssertDamage(Days[day], 1, $"is not the first line of {Days[day]}: a line before it is missing, or the file has another's name");
    }

    [Test]
    public void Lines_that_changed_places_are_found()
    {
        Edit(Days[1], lines => (lines[2], lines[3]) = (lines[3], lines[2]));
        RecordFinding[] damages = [.. RecordVerification.Of(_state.Path).Findings];
        Assert.That(damages[0].ToString(), Is.EqualTo($"{Days[1]}:3: line 8 of the record, which is before it, is missing"));
        Assert.That(damages[1].ToString(), Is.EqualTo($"{Days[1]}:4: out of order: it is line 8 of the record, and comes after line 9"));
    }

    [Test]
    public void A_line_that_is_there_twice_is_found()
    {
        Edit(Days[1], lines => lines.Insert(2, lines[2]));
        AssertDamage(Days[1], 4, "out of order: it is line 8 of the record, and comes after line 8");
    }

    [Test]
    public void A_line_of_something_else_is_found()
    {
        Edit(Days[1], lines => lines[2] = "# lunch");
        AssertDamage(Days[1], 3, "changed: it is not a line of a record");
    }

    [Test]
    public void A_missing_file_is_found_between_others()
    {
        File.Delete(_state["record", Days[1]]);
        AssertDamage(Days[2], 1, $"the file before it, {Days[1]}, is missing");
    }

    [Test]
    public void A_missing_first_file_is_found()
    {
        File.Delete(_state["record", Days[0]]);
        AssertDamage(Days[1], 1, $"the file before it, {Days[0]}, is missing");
    }

    [Test]
    public void A_missing_last_file_is_found()
    {
        File.Delete(_state["record", Days[2]]);
        AssertDamage(Days[2], null, "missing: the head names it");
    }

    [Test]
    public void A_file_with_anothers_name_is_found()
    {
        File.Move(_state["record", Days[2]], _state["record", "1970-01-05.jsonl"]);
        Assert.That(RecordVerification.Of(_state.Path).Findings[0].ToString(), Does.StartWith("1970-01-05.jsonl:1: is not the first line"));
    }

    [Test]
    public void A_cut_end_is_found([Values(1, 4)] int lines)
    {
        Edit(Days[2], all => all.RemoveRange(5 - lines, lines));
        AssertDamage(Days[2], null, $"cut: it ends with line {15 - lines} of the record, and had line 15");
    }

    [Test]
    public void A_last_line_that_is_cut_in_the_middle_is_found_if_it_was_on_the_disk()
    {
        string path = _state["record", Days[2]];
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^20]);
        Assert.That(RecordVerification.Of(_state.Path).Findings.Where(f => f.IsDamage).Select(f => f.ToString()), Is.EqualTo((string[])[$"{Days[2]}: cut: it ends with line 14 of the record, and had line 15"]));
    }

    [Test]
    public void A_file_in_the_middle_that_ends_in_a_line_is_found()
    {
        string path = _state["record", Days[0]];
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^20]);
        Assert.That(RecordVerification.Of(_state.Path).Findings[0].ToString(), Is.EqualTo($"{Days[0]}:5: cut: it has no end"));
    }

    [Test]
    public void An_empty_file_is_found()
    {
        File.WriteAllBytes(_state["record", Days[1]], []);
        Assert.That(RecordVerification.Of(_state.Path).Findings[0].ToString(), Is.EqualTo($"{Days[1]}: empty"));
    }

    [Test]
    public void A_missing_head_is_found()
    {
        File.Delete(_state["record", "head"]);
        AssertDamage("head", null, "missing: whether lines were cut from the end cannot be told");
    }

    [Test]
    public void A_record_that_was_written_anew_does_not_have_the_line_of_an_older_head()
    {
        string head = File.ReadAllText(_state["record", "head"]);
        Directory.Delete(_state["record"], recursive: true);
        using (var record = OutgoingRecord.Open(_state.Path, new ManualTimeProvider()))
        {
            for (int i = 0; i < 10; i++)
            {
                record.SendVisit(RecordedRun.Of("4f1c"), 1, i);
            }
        }

        File.Move(_state["record", "1970-01-01.jsonl"], _state["record", "tmp"]);
        File.Move(_state["record", "tmp"], _state["record", "1970-01-01.jsonl"]);
        File.WriteAllText(_state["record", "head"], head.Replace(Days[2], Days[0], StringComparison.Ordinal));
        AssertDamage(Days[0], null, "line 15 of the record is not the one that the head names: lines were written anew, or the head was changed");
    }

    [Test]
    public void Files_that_were_put_away_are_no_damage_from_a_day_on()
    {
        File.Delete(_state["record", Days[0]]);
        var verification = RecordVerification.Of(_state.Path, new DateOnly(1970, 1, 2));
        Assert.That(verification.Findings, Is.Empty);
        Assert.That((verification.Files, verification.IsPart), Is.EqualTo((2, true)));
        Edit(Days[2], lines => lines.RemoveAt(2));
        Assert.That(RecordVerification.Of(_state.Path, new DateOnly(1970, 1, 2)).Findings, Has.Count.EqualTo(1));
    }

    [Test]
    public void Findings_are_no_more_than_a_hundred()
    {
        File.WriteAllText(_state["record", Days[1]], string.Concat(Enumerable.Repeat("x\n", 5000)));
        Assert.That(RecordVerification.Of(_state.Path).Findings, Has.Count.EqualTo(100));
    }

    private void Edit(string file, Action<List<string>> edit)
    {
        List<string> lines = [.. File.ReadAllLines(_state["record", file])];
        edit(lines);
        File.WriteAllText(_state["record", file], string.Concat(lines.Select(l => l + "\n")));
    }

    private void AssertDamage(string file, long? line, string text) =>
        Assert.That(RecordVerification.Of(_state.Path).Findings, Is.EqualTo((RecordFinding[])[new(file, line, true, text)]));
}
