using System.Text.Json.Nodes;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Processes;

/// <summary>The record of the real programs: on a disk that becomes full, after a kill, and from the command line.</summary>
[Platform("Linux")]
public sealed class RecordProcessTests
{
    private ProgramRuns _programs = null!;

    [OneTimeSetUp]
    public async Task RunInOneProcess() => _programs = await ProgramRuns.CreateAsync();

    [OneTimeTearDown]
    public void Clean() => _programs.Dispose();

    [Test]
    public async Task A_full_disk_ends_the_nodes_part_with_a_reason_on_both_sides()
    {
        string state = _programs.Folder["full"];
        await using RunningProgram orchestrator = _programs.StartOrchestrator("full-run");
        int port = await orchestrator.PortAsync();
        await using RunningProgram node1 = _programs.StartNode(1, port);
        await using RunningProgram node3 = _programs.StartNode(3, port);
        await using RunningProgram full = _programs.StartNodeWithShortFiles(4, 2, port, "--state_dir", state);

        FinishedProgram node = await full.EndAsync();
        Assert.That(node.ExitCode, Is.EqualTo(6), node.ToString());
        Assert.That(node.Errors, Has.Length.EqualTo(1));
        Assert.That(node.Errors[0], Does.StartWith($"error: the record of what left in '{Path.Combine(state, "record")}' cannot be written: ").And.EndsWith("then start the node again"));
        FinishedProgram run = await orchestrator.EndAsync();
        Assert.That(run.ExitCode, Is.EqualTo(5), run.ToString());
        Assert.That(run.Errors[^1], Does.Contain("it left: (record) this node cannot write the record of what leaves it; its own last line says why"));

        FinishedProgram verify = await RunningProgram.RunNodeAsync("record", "verify", "--state_dir", state);
        Assert.That(verify.ExitCode, Is.Zero, verify.ToString());
        Assert.That(new FileInfo(FileOf(state)).Length, Is.LessThanOrEqualTo(4096), "no half of a line is left");
    }

    [Test]
    public async Task A_kill_in_the_middle_of_a_line_is_an_interruption_and_the_run_ends_with_the_same_bytes()
    {
        string state = _programs.Folder["killed"];
        await using RunningProgram orchestrator = _programs.StartOrchestrator("killed-run");
        int port = await orchestrator.PortAsync();
        RunningProgram? victim = null;
        var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var proxy = ProgramRuns.Proxy(port, async frame =>
        {
            if (frame.Type == MessageType.BackwardResult && frame.Number == 4)
            {
                await victim!.KillAsync();
                await File.AppendAllTextAsync(FileOf(state), """{"line":"message","n":""");
                killed.SetResult();
                await frame.CutAsync();
            }

            await frame.ForwardAsync();
        });
        await using RunningProgram node1 = _programs.StartNode(1, port);
        await using RunningProgram node3 = _programs.StartNode(3, port);
        victim = _programs.StartNode(2, proxy.Endpoint.Port, "--state_dir", state);
        await using (victim)
        {
            await killed.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }

        await using RunningProgram again = _programs.StartNode(2, port, "--state_dir", state);
        Assert.That((await orchestrator.EndAsync()).Hash, Is.EqualTo(_programs.Hash));
        Assert.That((await again.EndAsync()).ExitCode, Is.Zero);

        FinishedProgram verify = await RunningProgram.RunNodeAsync("record", "verify", "--state_dir", state);
        Assert.That(verify.ExitCode, Is.Zero, verify.ToString());
        Assert.That(verify.Output, Has.Length.EqualTo(2));
        Assert.That(verify.Output[0], Does.Contain("the node was interrupted before this line; 22 bytes"));
        Assert.That(verify.Output[1], Does.StartWith("record: 1 file, ").And.Contains("as written; head "));
    }

    [Test]
    public async Task A_run_is_shown_and_a_change_is_found_from_the_command_line()
    {
        string state = _programs.Folder["shown"];
        await using RunningProgram orchestrator = _programs.StartOrchestrator("shown-run");
        int port = await orchestrator.PortAsync();
        await using RunningProgram node1 = _programs.StartNode(1, port, "--state_dir", state);
        await node1.WaitForLineAsync("the record of what leaves goes on");
        FinishedProgram second = await RunningProgram.RunNodeAsync("--node_id", "2", "--port", $"{port}", "--dataset", _programs.Data, "--state_dir", state);
        Assert.That(second.ExitCode, Is.EqualTo(2), second.ToString());
        Assert.That(second.Errors[0], Does.StartWith($"error: cannot lock the folder '{state}': another node is under way there"));
        await using RunningProgram node2 = _programs.StartNode(2, port);
        await using RunningProgram node3 = _programs.StartNode(3, port);
        await orchestrator.EndAsync();
        FinishedProgram node = await node1.EndAsync();
        Assert.That(node.Output, Has.Some.Contains("the record of what left ends with line "), node.ToString());

        FinishedProgram shown = await RunningProgram.RunNodeAsync("record", "show", "--state_dir", state);
        Assert.That(shown.Output, Has.Length.EqualTo(2), shown.ToString());
        Assert.That(shown.Output[1], Does.Contain("tl two_phase, node 1: 2 epochs, 19 visits, 100 rows; activations ").And.Contains("(they name the labels)"));
        FinishedProgram lines = await RunningProgram.RunNodeAsync("record", "show", "--state_dir", state, "--lines", "--since", "1d");
        JsonNode last = JsonNode.Parse(lines.Output[^1])!;
        Assert.That(((string)last["type"]!, (string)last["algorithm"]!), Is.EqualTo(("BackwardResult", "tl")));

        string[] all = await File.ReadAllLinesAsync(FileOf(state));
        all[5] = all[5].Replace("\"node\":1", "\"node\":2", StringComparison.Ordinal);
        await File.WriteAllTextAsync(FileOf(state), string.Concat(all.Select(l => l + "\n")));
        FinishedProgram verify = await RunningProgram.RunNodeAsync("record", "verify", "--state_dir", state);
        Assert.That(verify.ExitCode, Is.EqualTo(8), verify.ToString());
        Assert.That(verify.Output, Is.EqualTo((string[])[$"{Path.GetFileName(FileOf(state))}:6: changed: its hash does not follow from it and the line before"]));
        Assert.That(verify.Errors.Single(), Does.StartWith($"error: the record of what left in '{state}' is not as it was written, at 1 place"));
    }

    [Test]
    public async Task A_folder_without_a_record_is_an_error()
    {
        foreach (string command in (string[])["show", "verify"])
        {
            FinishedProgram none = await RunningProgram.RunNodeAsync("record", command, "--state_dir", _programs.Folder["none"]);
            Assert.That((none.ExitCode, none.Errors.Single()), Is.EqualTo((7, $"error: there is no record in '{_programs.Folder["none"]}'; give the node's --state_dir")));
        }
    }

    private static string FileOf(string state) => Directory.GetFiles(Path.Combine(state, "record"), "*.jsonl").Order(StringComparer.Ordinal).Last();
}
