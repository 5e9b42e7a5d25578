using System.Text.Json.Nodes;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary><c>compare</c> as a user meets it: node processes, Ctrl-C, a kill, and a rerun.</summary>
public sealed class CompareProcessTests
{
    private readonly CompareRuns _runs = new();

    [OneTimeTearDown]
    public void Clean() => _runs.Dispose();

    [Test]
    public async Task Node_processes_give_what_nodes_in_one_process_give_and_are_gone_afterwards()
    {
        string[] flags = _runs.Flags("--algorithms", "tl,fedavg", "--epochs", "1", "--exchange", "one_phase");
        FinishedProgram compared = await RunningProgram.RunOrchestratorAsync([.. flags, "--output", _runs["processes"]]);
        Assert.That(compared.ExitCode, Is.Zero, compared.ToString());
        Assert.That(compared.Errors, Is.Empty);
        Assert.That(compared.Output, Has.Some.StartsWith("[2/2] fedavg, seed 1: epoch 1/1: train loss"));
        Assert.That(compared.Output[^1], Is.EqualTo($"results: {_runs["processes"]}"));
        Assert.That(ProcessesNaming(_runs["processes"]), Is.Empty);
        Assert.That(await File.ReadAllTextAsync(_runs["processes", "tl-seed-1", "node3.log"]), Does.Contain("samples"));

        await _runs.RunAsync("hosted", ["--algorithms", "tl,fedavg", "--epochs", "1", "--exchange", "one_phase"]);
        Assert.That(_runs.Hashes("processes"), Is.EquivalentTo(_runs.Hashes("hosted")));
    }

    [Test]
    public async Task A_comparison_that_was_killed_goes_on_and_one_that_was_interrupted_ends_cleanly()
    {
        string[] flags = _runs.Flags("--algorithms", "centralized,tl", "--epochs", "12");
        string folder = _runs["killed"];
        await using (RunningProgram killed = RunningProgram.StartOrchestrator([.. flags, "--output", folder, "--in_process"]))
        {
            // The second epoch's line comes after the first one's checkpoint.
            await killed.WaitForLineAsync("[2/2] tl, seed 1: epoch 2/12");
            await killed.KillAsync();
        }

        // Now with node processes, which a kill of the run itself would leave alone.
        await using (RunningProgram interrupted = RunningProgram.StartOrchestrator([.. flags, "--output", folder]))
        {
            await interrupted.WaitForLineAsync("[1/2] centralized, seed 1: complete already");
            await interrupted.WaitForLineAsync("[2/2] tl, seed 1: goes on from the checkpoint of step ");
            await interrupted.WaitForLineAsync("[2/2] tl, seed 1: epoch ");
            interrupted.Interrupt();
            FinishedProgram ended = await interrupted.EndAsync();
            Assert.That(ended.ExitCode, Is.EqualTo(130), ended.ToString());
            Assert.That(ended.Errors, Is.EqualTo((string[])["cancelled"]));
            Assert.That(ended.Output[^1], Does.Contain($"--output '{folder}'"));
            Assert.That(ProcessesNaming(folder), Is.Empty);
        }

        FinishedProgram resumed = await RunningProgram.RunOrchestratorAsync([.. flags, "--output", folder, "--in_process"]);
        Assert.That(resumed.ExitCode, Is.Zero, resumed.ToString());
        await _runs.RunAsync("undisturbed", ["--algorithms", "centralized,tl", "--epochs", "12"]);
        Assert.That(_runs.Hashes("killed"), Is.EquivalentTo(_runs.Hashes("undisturbed")));
    }

    [Test]
    public async Task A_node_that_cannot_run_is_named_at_once()
    {
        FinishedProgram compared = await RunningProgram.RunOrchestratorAsync(
            _runs.Flags("--algorithms", "tl,centralized", "--epochs", "1", "--node_program", "/bin/false", "--output", _runs["false"]));
        Assert.That(compared.ExitCode, Is.EqualTo(6), compared.ToString());
        JsonNode[] runs = _runs.Runs("false");
        Assert.That((string)runs[0]["failure"]!, Does.StartWith("node ").And.Contain("ended with exit code 1"));
        Assert.That(runs[1]["params_sha256"], Is.Not.Null);
    }

    /// <summary>Processes that have the path among their arguments, such as a node whose log is there.</summary>
    private static string[] ProcessesNaming(string path) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Where(d => int.TryParse(Path.GetFileName(d), out _))
            .Select(ReadCommand)
            .Where(c => c.Contains(path, StringComparison.Ordinal)),
    ];

    private static string ReadCommand(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return string.Empty; // It has ended meanwhile.
        }
    }
}
