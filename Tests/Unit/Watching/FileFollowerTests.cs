using TraversalLearning.Orchestration.Observe.Watch;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Watching;

public sealed class FileFollowerTests
{
    private const string Lost = """{"event":"node_lost","time":"2026-01-02T03:04:05Z","node":3,"reason":"cut in two"}""";
    private const string Failed = """{"event":"run_failed","reason":"cancelled"}""";
    private const string Completed = """{"event":"run_completed","steps":5}""";

    [Test, CancelAfter(60_000)]
    public async Task A_file_that_is_not_there_yet_is_followed_from_its_first_line_to_the_end_of_the_run(CancellationToken cancellationToken)
    {
        using var folder = new TempFolder();
        string path = folder["run", "events.jsonl"];
        var lines = new List<string>();
        var watcher = new RunWatcher(EventTypes.All, json: true, keep: false, lines.Add);
        Task watching = watcher.RunAsync(new FileFollower(path, TimeSpan.FromMilliseconds(5)).ReadAsync(cancellationToken));
        Directory.CreateDirectory(folder["run"]);
        await File.AppendAllTextAsync(path, Lost + "\n" + Failed[..10], cancellationToken);
        await Task.Delay(30, cancellationToken);
        await File.AppendAllTextAsync(path, Failed[10..] + "\n" + Lost + "\n" + Completed + "\n", cancellationToken);
        await watching.WaitAsync(cancellationToken);
        Assert.That(lines, Is.EqualTo((string[])[Lost, Failed, Lost, Completed]), "half a line is none, and an end in the middle is not the end");
    }

    [Test, CancelAfter(60_000)]
    public async Task Only_the_chosen_events_are_shown_as_lines_for_people(CancellationToken cancellationToken)
    {
        using var folder = new TempFolder();
        string path = folder["events.jsonl"];
        await File.WriteAllLinesAsync(path, [Completed, "no event", Lost, Failed], cancellationToken);
        var lines = new List<string>();
        await new RunWatcher(EventTypes.Parse("node_lost"), json: false, keep: false, lines.Add)
            .RunAsync(new FileFollower(path, TimeSpan.FromMilliseconds(5)).ReadAsync(cancellationToken));
        Assert.That(lines, Has.Count.EqualTo(1));
        Assert.That(lines[0], Does.Contain("node_lost").And.Contain("node=3").And.Contain("reason='cut in two'"));
    }

    [TestCase("")]
    [TestCase("node_lsot")]
    [TestCase("node_lost,")]
    [TestCase("node_lost, run_failed")]
    [TestCase("round_traced")]
    public void An_unknown_event_is_refused_with_those_that_there_are(string text) => Assert.That(
        () => EventTypes.Parse(text), Throws.InstanceOf<FormatException>().With.Message.Contains("node_lost,node_slow").And.Message.Contains("run_failed").And.Message.Not.Contains("round_traced"));

    [TestCase("127.0.0.1:8088", "http://127.0.0.1:8088/events")]
    [TestCase("lab.example:80", "http://lab.example/events")]
    [TestCase("http://[::1]:8088/", "http://[::1]:8088/events")]
    [TestCase("https://lab.example", "https://lab.example/events")]
    public void An_address_is_told_from_a_folder(string text, string url) => Assert.That(WatchTarget.Parse(text).Url, Is.EqualTo(new Uri(url)));

    [TestCase("runs/one", "runs/one/events.jsonl")]
    [TestCase("some/events.jsonl", "some/events.jsonl")]
    [TestCase("runs/b:8088x", "runs/b:8088x/events.jsonl")]
    public void And_a_folder_need_not_be_there(string text, string file) => Assert.That(WatchTarget.Parse(text).File, Is.EqualTo(file));
}
