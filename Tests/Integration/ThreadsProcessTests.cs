using System.Text.Json;
using System.Text.RegularExpressions;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Integration;

/// <summary><c>--threads auto</c> of the real programs. What they choose is theirs; that they say it, keep to it and change nothing else is tested.</summary>
public sealed partial class ThreadsProcessTests
{
    private readonly TempFolder _folder = new();
    private string _data = string.Empty;

    [OneTimeSetUp]
    public void WriteData() => _data = _folder.WriteDataset();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task A_run_is_that_with_the_number_that_it_chose_and_goes_on_with_it()
    {
        FinishedProgram auto = await CentralizedAsync("auto", "--output", _folder["auto"]);
        string chosen = Chosen(auto.Output);
        Assert.That(Recorded("auto"), Is.EqualTo(chosen));

        FinishedProgram named = await CentralizedAsync(chosen, "--output", _folder["named"]);
        Assert.That(named.Hash, Is.EqualTo(auto.Hash));
        Assert.That(Lines(named.Output), Is.Empty, "nothing to choose");

        FinishedProgram longer = await CentralizedAsync("auto", "--resume", _folder["auto"], "--epochs", "2");
        Assert.That(Lines(longer.Output), Is.Empty, "the number is that of before");
        Assert.That(longer.Output, Has.None.Contains("--threads was"));
        Assert.That(Recorded("auto"), Is.EqualTo(chosen));

        FinishedProgram longerNamed = await CentralizedAsync(chosen, "--resume", _folder["named"], "--epochs", "2");
        Assert.That(longerNamed.Hash, Is.EqualTo(longer.Hash));
    }

    [Test]
    public async Task Orchestrator_and_nodes_choose_once_for_each_process()
    {
        await using RunningProgram orchestrator = RunningProgram.StartOrchestrator(
            "--dataset", _data, "--num_nodes", "3", "--batch_size", "16", "--epochs", "1", "--port", "0", "--output", _folder["tl"], "--device", "cpu",
            "--threads", "auto");
        string port = $"{await orchestrator.PortAsync()}";
        string[] flags = ["--num_nodes", "3", "--port", port, "--dataset", _data, "--device", "cpu", "--threads=auto"];
        await using RunningProgram host = RunningProgram.StartNode(["--node_id", "1", "--virtual_nodes", "2", .. flags]);
        await using RunningProgram alone = RunningProgram.StartNode(["--node_id", "3", .. flags]);
        foreach (RunningProgram program in (RunningProgram[])[orchestrator, host, alone])
        {
            FinishedProgram end = await program.EndAsync();
            Assert.That(end.ExitCode, Is.Zero, end.ToString());
            Assert.That(end.Errors, Is.Empty);
            Chosen(end.Output);
        }

        Assert.That(Recorded("tl"), Is.EqualTo(Chosen(orchestrator.Output)));
    }

    [Test]
    public async Task Verify_says_what_it_chose_and_ends_as_ever()
    {
        FinishedProgram verify = await RunningProgram.RunOrchestratorAsync(
            "verify", "--dataset", _data, "--steps", "2", "--dtype", "float64", "--no-accel", "--threads", "auto");
        Assert.That(verify.ExitCode, Is.Zero, verify.ToString());
        Chosen(verify.Output);
        Assert.That(verify.Output[^1], Does.StartWith("verify: steps=2 ").And.EndsWith(" ok"));
    }

    private static string[] Lines(string[] output) => [.. output.Where(l => l.Contains("threads: ", StringComparison.Ordinal))];

    private static string Chosen(string[] output)
    {
        string[] lines = Lines(output);
        Assert.That(lines, Has.Length.EqualTo(1), string.Join('\n', output));
        Match match = ChoicePattern().Match(lines[0]);
        Assert.That(match.Success, lines[0]);
        return match.Groups["chosen"].Value;
    }

    private async Task<FinishedProgram> CentralizedAsync(string threads, params string[] flags)
    {
        string[] run = flags.Contains("--resume", StringComparer.Ordinal) ? [] : ["--dataset", _data, "--epochs", "1", "--batch_size", "16", "--device", "cpu"];
        FinishedProgram program = await RunningProgram.RunOrchestratorAsync(["centralized", "--threads", threads, .. run, .. flags]);
        Assert.That(program.ExitCode, Is.Zero, program.ToString());
        Assert.That(program.Errors, Is.Empty);
        return program;
    }

    private string Recorded(string run)
    {
        using JsonDocument summary = JsonDocument.Parse(File.ReadAllBytes(_folder[run, "run.json"]));
        return summary.RootElement.GetProperty("options").GetProperty("threads").GetRawText();
    }

    [GeneratedRegex(@"threads: (?<chosen>[1-9]\d*) \(auto: [1-9]\d* threads? \d+\.\d\d ms(, [1-9]\d* threads \d+\.\d\d ms)*\)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ChoicePattern();
}
