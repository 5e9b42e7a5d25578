using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Records;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Unit.Records;

/// <summary>The record as it is written: its lines, its days, and what becomes of it when the disk or the process fails.</summary>
public sealed class OutgoingRecordTests
{
    private static readonly RecordContext Run = RecordedRun.Of("4f1c");

    private ManualTimeProvider _time = null!;
    private TempFolder _state = null!;

    private string Folder => _state["record"];

    [SetUp]
    public void MakeFolder() => (_state, _time) = (new TempFolder(), new ManualTimeProvider());

    [TearDown]
    public void RemoveFolder() => _state.Dispose();

    [Test]
    public void A_line_says_what_left()
    {
        _time.Advance(TimeSpan.FromHours(30));
        using (OutgoingRecord record = Open())
        {
            record.Send(Run, MessageType.ForwardResult, new StepId(2, 7, 1), 8, RecordedRun.Tensor(TensorNames.Activations, 8, 250));
            record.Send(RecordedRun.Of("4f1c", exchange: "blind"), MessageType.BlindSum, new StepId(1, 0, 0), 3, RecordedRun.Tensor(TensorNames.Sum, 5));
            record.Send(RecordedRun.Of(run: null), MessageType.Hello, rows: 60);
        }

        JsonNode[] lines = [.. Lines("1970-01-02.jsonl").Select(l => JsonNode.Parse(l)!)];
        string[] texts = [.. lines.Select(Without("hash"))];
        Assert.That(texts[1..], Is.EqualTo((string[])
        [
            """{"line":"message","n":2,"time":"1970-01-02T06:00:00Z","orchestrator":"hub.example:12345","certificate":"hub.example","run":"4f1c","exchange":"two_phase","node":1,"type":"ForwardResult","step":{"epoch":2,"batch":7,"attempt":1},"tensors":[{"name":"activations","dtype":"float32","shape":[8,250],"bytes":8000}],"bytes":8100,"rows":8,"protection":"none"}""",
            """{"line":"message","n":3,"time":"1970-01-02T06:00:00Z","orchestrator":"hub.example:12345","certificate":"hub.example","run":"4f1c","exchange":"blind","node":1,"type":"BlindSum","step":{"epoch":1,"batch":0,"attempt":0},"tensors":[{"name":"sum","dtype":"float32","shape":[5],"bytes":20}],"bytes":120,"rows":3,"protection":"masked"}""",
            """{"line":"message","n":4,"time":"1970-01-02T06:00:00Z","orchestrator":"hub.example:12345","certificate":"hub.example","node":1,"type":"Hello","tensors":[],"bytes":100,"rows":60,"protection":"none"}""",
        ]));

        static Func<JsonNode, string> Without(string member) => node =>
        {
            node.AsObject().Remove(member);
            return node.ToJsonString();
        };
    }

    [Test]
    public void The_chain_is_the_one_that_is_documented()
    {
        using (OutgoingRecord record = Open())
        {
            record.SendVisit(Run, 1, 0);
        }

        string previous = new('0', 64);
        foreach (string line in Lines("1970-01-01.jsonl"))
        {
            int end = line.LastIndexOf(",\"hash\"", StringComparison.Ordinal);
            previous = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(previous + line[..end])));
            Assert.That((string)JsonNode.Parse(line)!["hash"]!, Is.EqualTo(previous));
        }

        Assert.That((string)JsonNode.Parse(File.ReadAllText(_state["record", "head"]))!["hash"]!, Is.EqualTo(previous));
    }

    [Test]
    public void A_line_is_in_the_file_before_the_frame_is_sent()
    {
        using OutgoingRecord record = Open();
        record.Send(Run, MessageType.IndexRange, rows: 60);
        Assert.That(Lines("1970-01-01.jsonl"), Has.Length.EqualTo(2));
    }

    [Test]
    public void Each_day_has_a_file_that_names_the_one_before()
    {
        using (OutgoingRecord record = Open())
        {
            record.SendVisit(Run, 1, 0);
            _time.Advance(TimeSpan.FromHours(50));
            record.SendVisit(Run, 1, 1);
            _time.Advance(TimeSpan.FromMinutes(1));
            record.SendVisit(Run, 1, 2);
        }

        Assert.That(Files, Is.EqualTo((string[])["1970-01-01.jsonl", "1970-01-03.jsonl"]));
        Assert.That(Files.Select(f => Lines(f).Length), Is.EqualTo((int[])[3, 5]));
        JsonNode first = JsonNode.Parse(Lines("1970-01-03.jsonl")[0])!;
        JsonNode last = JsonNode.Parse(Lines("1970-01-01.jsonl")[^1])!;
        Assert.That(((string)first["after"]!, (string)first["previous"]!, (long)first["n"]!), Is.EqualTo(("1970-01-01.jsonl", (string)last["hash"]!, 4L)));
        AssertWhole(lines: 8);
    }

    [Test]
    public void A_clock_that_is_set_back_does_not_open_an_earlier_file()
    {
        _time.Advance(TimeSpan.FromDays(2));
        Open().Dispose();
        using (var record = OutgoingRecord.Open(_state.Path, new ManualTimeProvider()))
        {
            record.SendVisit(Run, 1, 0);
        }

        Assert.That(Files, Is.EqualTo((string[])["1970-01-03.jsonl"]));
        AssertWhole(lines: 3);
    }

    [Test]
    public void The_next_process_goes_on_where_the_last_ended()
    {
        for (int i = 0; i < 3; i++)
        {
            using OutgoingRecord record = Open();
            record.SendVisit(Run, 1, i);
            _time.Advance(TimeSpan.FromHours(10));
        }

        AssertWhole(lines: 7);
    }

    [Test]
    public void Nodes_of_a_process_write_one_record()
    {
        using (OutgoingRecord record = Open())
        {
            Parallel.For(0, 8, node =>
            {
                for (int i = 0; i < 200; i++)
                {
                    record.SendVisit(RecordedRun.Of("4f1c", node + 1), 1, i);
                }
            });
        }

        AssertWhole(lines: 1 + (8 * 400));
    }

    [Test]
    public void The_head_is_written_at_most_once_a_second()
    {
        using OutgoingRecord record = Open();
        for (int i = 0; i < 50; i++)
        {
            record.SendVisit(Run, 1, i);
        }

        Assert.That(HeadLines, Is.EqualTo(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(HeadLines, Is.EqualTo(101));
        record.SendVisit(Run, 1, 50);
        record.Sync();
        Assert.That(HeadLines, Is.EqualTo(103));
    }

    [Test]
    public void Two_processes_do_not_share_a_state_folder()
    {
        using OutgoingRecord record = Open();
        UserErrorException e = Assert.Throws<UserErrorException>(() => Open())!;
        Assert.That(e.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(e.Message, Does.StartWith($"cannot lock the folder '{_state.Path}': another node is under way there"));
    }

    [Test]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Nobody_else_can_read_it()
    {
        Open().Dispose();
        Assert.That(File.GetUnixFileMode(_state["record", "1970-01-01.jsonl"]), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.That(File.GetUnixFileMode(Folder), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
    }

    [Test]
    public void A_message_that_cannot_be_recorded_is_refused_and_so_is_every_later_one()
    {
        using OutgoingRecord record = Open();
        record.SendVisit(Run, 1, 0);
        Directory.CreateDirectory(_state["record", "1970-01-02.jsonl"]);
        _time.Advance(TimeSpan.FromDays(1));
        RecordException e = Assert.Throws<RecordException>(() => record.SendVisit(Run, 1, 1))!;
        Assert.That(e.Message, Does.Contain(Folder).And.Contains("cannot be written").And.Contains("start the node again"));
        Directory.Delete(_state["record", "1970-01-02.jsonl"]);
        Assert.Throws<RecordException>(() => record.Send(Run, MessageType.IndexRange));
        Assert.Throws<RecordException>(record.Sync);
        Assert.DoesNotThrow(() => record.Send(Run, MessageType.Leave), "the node says why it leaves");
        Assert.That(Lines("1970-01-01.jsonl"), Has.Length.EqualTo(3));
    }

    [Test]
    public void A_disk_that_refuses_in_the_background_refuses_the_next_message()
    {
        using OutgoingRecord record = Open();
        record.SendVisit(Run, 1, 0);
        Directory.Delete(Folder, recursive: true);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Throws<RecordException>(() => record.SendVisit(Run, 1, 1));
    }

    [Test]
    public void An_end_in_the_middle_of_a_line_is_put_aside_and_marked([Values(1, 40, 200)] int bytes)
    {
        Write(visits: 2);
        string path = _state["record", "1970-01-01.jsonl"];
        byte[] all = File.ReadAllBytes(path);
        byte[] half = Encoding.UTF8.GetBytes("""{"line":"message","n":6,"time":"1970-01-01T00:00:00Z",""" + new string(' ', 200))[..bytes];
        File.WriteAllBytes(path, [.. all, .. half]);

        var before = RecordVerification.Of(_state.Path);
        Assert.That(before.Findings.Select(f => (f.Line, f.IsDamage)), Is.EqualTo((ValueTuple<long?, bool>[])[(6, false)]));

        Write(visits: 1);
        var after = RecordVerification.Of(_state.Path);
        Assert.That(after.Findings.Select(f => (f.Line, f.IsDamage)), Is.EqualTo((ValueTuple<long?, bool>[])[(6, false)]));
        Assert.That(after.Findings[0].Text, Does.StartWith("the node was interrupted"));
        Assert.That(after.End.Lines, Is.EqualTo(8));
        Assert.That(File.ReadAllBytes(_state["record", "1970-01-01.interrupted-1"]), Is.EqualTo(half));
    }

    [Test]
    public void Lines_that_a_loss_of_power_left_as_zeros_are_put_aside()
    {
        Write(visits: 2);
        string path = _state["record", "1970-01-01.jsonl"];
        byte[] whole = File.ReadAllBytes(path);
        File.Copy(_state["record", "head"], _state["head"]);
        Write(visits: 3);
        byte[] more = File.ReadAllBytes(path);
        more.AsSpan(whole.Length + 10, 300).Clear();
        File.WriteAllBytes(path, more);
        File.Move(_state["head"], _state["record", "head"], overwrite: true);

        Write(visits: 1);
        var after = RecordVerification.Of(_state.Path);
        Assert.That(after.Findings.Select(f => (f.Line, f.IsDamage)), Is.EqualTo((ValueTuple<long?, bool>[])[(6, false)]));
        Assert.That(File.ReadAllBytes(_state["record", "1970-01-01.interrupted-1"]), Is.EqualTo(more[whole.Length..]));
    }

    [Test]
    public void A_file_without_a_first_line_is_begun_again()
    {
        Write(visits: 1);
        File.WriteAllText(_state["record", "1970-01-02.jsonl"], """{"line":"da""");
        _time.Advance(TimeSpan.FromDays(1));
        Write(visits: 1);
        var after = RecordVerification.Of(_state.Path);
        Assert.That(after.Findings.Select(f => (f.File, f.Line, f.IsDamage)), Is.EqualTo((ValueTuple<string, long?, bool>[])[("1970-01-02.jsonl", 2, false)]));
    }

    [Test]
    public void A_record_whose_end_was_cut_is_not_gone_on_with([Values(1, 4)] int lines)
    {
        Write(visits: 2);
        string path = _state["record", "1970-01-01.jsonl"];
        File.WriteAllLines(path, File.ReadAllLines(path)[..^lines]);
        byte[] cut = File.ReadAllBytes(path);
        UserErrorException e = Assert.Throws<UserErrorException>(() => Open())!;
        Assert.That(e.ExitCode, Is.EqualTo(ExitCode.Data));
        Assert.That(e.Message, Does.Contain($"ends with line {5 - lines}, and had line 5 in 1970-01-01.jsonl: it was cut"));
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(cut), "evidence stays as it is");
    }

    [Test]
    public void A_record_that_lost_its_head_or_all_its_files_is_not_gone_on_with()
    {
        Write(visits: 1);
        File.Move(_state["record", "head"], _state["head"]);
        Assert.That(Assert.Throws<UserErrorException>(() => Open())!.Message, Does.Contain("has lost its head"));
        File.Move(_state["head"], _state["record", "head"]);
        File.Delete(_state["record", "1970-01-01.jsonl"]);
        Assert.That(Assert.Throws<UserErrorException>(() => Open())!.Message, Does.Contain("ends with line 0, and had line 3"));
    }

    [Test]
    public async Task A_frame_that_is_not_recorded_is_not_sent()
    {
        using OutgoingRecord record = Open();
        var written = new MemoryStream();
        await using var connection = new Connection(new ScriptedStream(write: async (bytes, cancel) => await written.WriteAsync(bytes, cancel)), "peer") { Outgoing = record.Of(Run) };
        Directory.CreateDirectory(_state["record", "1970-01-02.jsonl"]);
        _time.Advance(TimeSpan.FromDays(1));
        await Assert.ThatAsync(() => connection.SendAsync(new IndexRange(5), CancellationToken.None), Throws.TypeOf<RecordException>());
        Assert.That(written.Length, Is.Zero);
    }

    [Test]
    [Explicit("prints what a line costs")]
    public void Cost_of_a_line()
    {
        using var record = OutgoingRecord.Open(_state.Path);
        EncodedTensor[] tensors = [RecordedRun.Tensor(TensorNames.Activations, 21, 128), RecordedRun.Tensor(TensorNames.LogitGradients, 21, 10)];
        IOutgoingFrames frames = record.Of(RecordedRun.Of("0123456789abcdef0123456789abcdef"));
        var frame = new OutgoingFrame(MessageType.ForwardResult, new StepId(1, 7, 0), tensors, 12_000, 21);
        for (int round = 0; round < 5; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < 20_000; i++)
            {
                frames.Leaving(frame);
            }

            TestContext.Out.WriteLine($"{Stopwatch.GetElapsedTime(start).TotalMicroseconds / 20_000:0.0} µs a line");
        }
    }

    private string[] Files => [.. Directory.GetFiles(Folder, "*.jsonl").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private long HeadLines => (long)JsonNode.Parse(File.ReadAllText(_state["record", "head"]))!["lines"]!;

    private string[] Lines(string file) => File.ReadAllLines(_state["record", file]);

    private OutgoingRecord Open() => OutgoingRecord.Open(_state.Path, _time);

    private void Write(int visits)
    {
        using OutgoingRecord record = Open();
        for (int i = 0; i < visits; i++)
        {
            record.SendVisit(Run, 1, i);
        }
    }

    private void AssertWhole(long lines)
    {
        var verification = RecordVerification.Of(_state.Path);
        Assert.That(verification.Findings, Is.Empty);
        Assert.That(verification.End.Lines, Is.EqualTo(lines));
    }
}
