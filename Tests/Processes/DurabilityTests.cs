using System.Text.RegularExpressions;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary>
/// What the program asks of the disk, as the system sees it: no test can pull the plug, but what is not flushed before the rename is what
/// a loss of power takes.
/// </summary>
public sealed partial class DurabilityTests
{
    private readonly TempFolder _folder = new();
    private string[] _calls = [];

    [OneTimeSetUp]
    public async Task TraceARun()
    {
        if (!OperatingSystem.IsLinux() || !Programs.IsThere("strace"))
        {
            Assert.Ignore("needs strace");
        }

        FinishedProgram run = await RunningProgram.TraceOrchestratorAsync(
            _folder["trace"],
            "^(fsync|fdatasync|rename)",
            ["centralized", "--dataset", _folder.WriteDataset(), "--epochs", "1", "--threads", "1", "--device", "cpu", "--output", _folder["run"]]);
        if (!File.Exists(_folder["trace"]) || run.Errors.Any(e => e.Contains("ptrace", StringComparison.OrdinalIgnoreCase)))
        {
            Assert.Ignore("strace may not trace here");
        }

        Assert.That(run.ExitCode, Is.Zero, run.ToString());
        _calls = [.. File.ReadLines(_folder["trace"]).Select(Describe).OfType<string>()];
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void A_checkpoint_is_on_the_disk_before_it_has_its_name()
    {
        const string Checkpoints = "run/checkpoints";
        int named = _calls.ToList().FindIndex(c => c.StartsWith($"rename {Checkpoints}/unfinished {Checkpoints}/step-", StringComparison.Ordinal));
        Assert.That(named, Is.Not.Negative, Transcript);
        string[] before = _calls[..named];
        foreach (string file in new[] { "model.safetensors", "state.safetensors" })
        {
            AssertFlushedThenRenamed(before, $"{Checkpoints}/unfinished/{file}");
        }

        Assert.That(before, Does.Contain($"flush {Checkpoints}/unfinished/manifest.json"), Transcript);
        Assert.That(before[^1], Is.EqualTo($"flush {Checkpoints}/unfinished"), "its entries, after all that is in it");
        Assert.That(_calls[(named + 1)..(named + 3)], Is.EqualTo((string[])[$"flush {Checkpoints}", "flush run"]), "its new name");
    }

    [Test]
    public void So_are_the_results([Values("model.safetensors", "run.json")] string file)
    {
        int named = AssertFlushedThenRenamed(_calls, $"run/{file}");
        Assert.That(_calls[named + 1], Is.EqualTo("flush run"), "its new name");
    }

    private string Transcript => string.Join('\n', _calls);

    private int AssertFlushedThenRenamed(string[] calls, string file)
    {
        int named = calls.ToList().FindIndex(c => c.StartsWith("rename ", StringComparison.Ordinal) && c.EndsWith($" {file}", StringComparison.Ordinal));
        Assert.That(named, Is.Positive, Transcript);
        Assert.That(calls[named - 1], Is.EqualTo($"flush {calls[named].Split(' ')[1]}"), "its content");
        return named;
    }

    /// <summary><c>flush PATH</c> or <c>rename FROM TO</c>, paths within the test's folder; null for what is elsewhere.</summary>
    private string? Describe(string line)
    {
        Match call = CallPattern().Match(line);
        string[] paths = [.. call.Groups["path"].Captures.Select(c => Path.GetRelativePath(_folder.Path, c.Value))];
        return paths.Length == 0 || paths[0].StartsWith("..", StringComparison.Ordinal)
            ? null
            : $"{(call.Groups["name"].Value.StartsWith('r') ? "rename" : "flush")} {string.Join(' ', paths)}";
    }

    // 1234 fsync(57</folder/file>) = 0, 1234 rename("/folder/a", "/folder/b") = 0; another thread's call may cut the line after the paths.
    [GeneratedRegex("""^\d+\s+(?<name>\w+)\((?:[^"<]*["<](?<path>/[^">]+)[">])+""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CallPattern();
}
