using System.Text.Json;
using TraversalLearning.Data;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Processes;

/// <summary>The real orchestrator killed, stopped or refused, and resumed: the final bytes are those of the undisturbed run.</summary>
public sealed class ResumeProcessTests
{
    private static readonly int[] Seeds = Selection.First(1, 2, 3);
    private static readonly bool[] IsInterrupt = Selection.First(false, true);

    private ProgramRuns _programs = null!;

    [OneTimeSetUp]
    public async Task RunInOneProcess() => _programs = await ProgramRuns.CreateAsync();

    [OneTimeTearDown]
    public void Clean() => _programs.Dispose();

    [Test]
    public async Task Killed_again_and_again_it_goes_on_with_the_nodes_that_stayed([ValueSource(nameof(Seeds))] int seed)
    {
        string output = _programs.Folder[$"killed-{seed}"];
        var random = SeededRandom.ForStream((ulong)seed, stream: 4);
        MessageType[] phases = [MessageType.ForwardPass, MessageType.ForwardResult, MessageType.Backward, MessageType.BackwardResult];
        RunningProgram orchestrator = _programs.StartOrchestrator(output, "--checkpoint_every", $"{1 + random.Next(3)}");
        int port = await orchestrator.PortAsync();
        TaskCompletionSource? killed = null;
        (MessageType Phase, int Countdown) plan = default;
        await using var proxy = ProgramRuns.Proxy(port, async frame =>
        {
            if (frame.Type == plan.Phase && killed is { Task.IsCompleted: false } && --plan.Countdown == 0)
            {
                await orchestrator.KillAsync();
                killed.SetResult();
            }

            await frame.ForwardAsync();
        });
        Plan();
        await using RunningProgram node1 = _programs.StartNode(1, port);
        await using RunningProgram node2 = _programs.StartNode(2, proxy.Endpoint.Port);
        await using RunningProgram node3 = _programs.StartNode(3, port);
        for (int kills = 0; kills < 3; kills++)
        {
            await Task.WhenAny(killed!.Task, orchestrator.EndAsync());

            // The process is seen to end a moment before the proxy says that it was the one who killed it.
            Assert.That(await Task.WhenAny(killed.Task, Task.Delay(TimeSpan.FromSeconds(30))), Is.SameAs(killed.Task), orchestrator.Transcript);
            await orchestrator.DisposeAsync();
            Plan();
            orchestrator = RunningProgram.StartOrchestrator("--resume", output, "--port", $"{port}");
        }

        killed = null;
        await using (orchestrator)
        {
            FinishedProgram ended = await orchestrator.EndAsync();
            Assert.That(ended.Hash, Is.EqualTo(_programs.Hash), ended.ToString());
            Assert.That(ended.ExitCode, Is.Zero);
        }

        foreach (RunningProgram node in new[] { node1, node2, node3 })
        {
            Assert.That((await node.EndAsync()).ExitCode, Is.Zero, node.Transcript);
        }

        // At least four steps, so that there is a checkpoint; at most five, so that the run is not over.
        void Plan()
        {
            plan = (phases[random.Next(phases.Length)], 4 + random.Next(2));
            killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    [Test]
    public async Task Stopped_by_a_signal_it_says_how_to_go_on_and_does([ValueSource(nameof(IsInterrupt))] bool interrupt)
    {
        string output = _programs.Folder[$"signal-{interrupt}"];
        await using (RunningProgram orchestrator = _programs.StartOrchestrator(output))
        {
            int port = await orchestrator.PortAsync();
            var training = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var proxy = ProgramRuns.Proxy(port, async frame =>
            {
                if (frame.Type == MessageType.BackwardResult && frame.Number == 6)
                {
                    training.TrySetResult();
                    await Task.Delay(Timeout.Infinite, frame.Ended.Token);
                }

                await frame.ForwardAsync();
            });
            await using RunningProgram node1 = _programs.StartNode(1, port);
            await using RunningProgram node2 = _programs.StartNode(2, proxy.Endpoint.Port);
            await using RunningProgram node3 = _programs.StartNode(3, port);
            await Task.WhenAny(training.Task, orchestrator.EndAsync());
            if (interrupt)
            {
                orchestrator.Interrupt();
            }
            else
            {
                orchestrator.Terminate();
            }

            FinishedProgram stopped = await orchestrator.EndAsync();
            Assert.That(stopped.ExitCode, Is.EqualTo(130), stopped.ToString());
            Assert.That(stopped.Output[^1], Does.Contain("step 5").And.Contains($"--resume '{output}'"));
        }

        FinishedProgram resumed = await ResumeAsync(output);
        Assert.That(resumed.Hash, Is.EqualTo(_programs.Hash), resumed.ToString());
        using JsonDocument summary = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(output, "run.json")));
        Assert.That(summary.RootElement.GetProperty("resumed_from_step").GetInt32(), Is.EqualTo(5));
        Assert.That(summary.RootElement.GetProperty("result").GetProperty("steps").GetInt32(), Is.EqualTo(20));
        Assert.That(File.ReadLines(Path.Combine(output, "metrics.csv")).Count(), Is.EqualTo(3));
    }

    [Test]
    public async Task A_lost_node_ends_the_run_with_a_checkpoint_and_the_way_on([Values("wait", "abort")] string onNodeLoss)
    {
        string output = _programs.Folder[$"lost-{onNodeLoss}"];
        FinishedProgram ended = await LoseNodeTwoAsync(output, "--on_node_loss", onNodeLoss, "--reconnect_timeout", onNodeLoss == "wait" ? "0.3" : "60");
        Assert.That(ended.ExitCode, Is.EqualTo(5), ended.ToString());
        Assert.That(ended.Errors, Has.Length.EqualTo(1));
        Assert.That(ended.Errors[0], Does.StartWith("error: node 2 is lost").And.Contains("step 3").And.Contains($"--resume '{output}'"));
        Assert.That((await ResumeAsync(output)).Hash, Is.EqualTo(_programs.Hash));
    }

    [Test]
    public async Task A_skipped_node_is_named_everywhere()
    {
        string output = _programs.Folder["skipped"];
        FinishedProgram ended = await LoseNodeTwoAsync(output, "--on_node_loss", "skip", "--log_steps");
        Assert.That(ended.ExitCode, Is.Zero, ended.ToString());
        Assert.That(ended.Hash, Is.Not.EqualTo(_programs.Hash));
        Assert.That(ended.Output, Has.Some.StartsWith("warn: node 2 is left out"));
        using JsonDocument summary = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(output, "run.json")));
        JsonElement result = summary.RootElement.GetProperty("result");
        long skipped = result.GetProperty("skipped_rows").GetInt64();
        Assert.That(result.GetProperty("lossy").GetBoolean(), Is.True);
        Assert.That(ended.Final, Does.EndWith($" lossy=1 skipped_rows={skipped}"));

        // Node 2 holds fifty of the samples, and was there for the first three steps.
        string[][] rows = [.. File.ReadLines(Path.Combine(output, "metrics.csv")).Select(l => l.Split(','))];
        int skippedColumn = Array.IndexOf(rows[0], "skipped_rows");
        Assert.That(rows.Where(r => r[0] == "epoch").Sum(r => long.Parse(r[skippedColumn])), Is.EqualTo(skipped));
        Assert.That(rows.Where(r => r[0] == "step").Sum(r => long.Parse(r[skippedColumn])), Is.EqualTo(skipped));
        Assert.That(rows.Where(r => r[0] == "epoch").Select(r => r[skippedColumn]).Last(), Is.EqualTo("50"));
    }

    [Test]
    public async Task What_would_change_the_result_is_refused_and_the_rest_is_not()
    {
        string output = _programs.Folder["options"];
        FinishedProgram whole = await CentralizedAsync("--output", output);
        Assert.That(whole.ExitCode, Is.Zero, whole.ToString());
        foreach ((string flag, string was, string now) in new[]
        {
            ("--batch_size", "16", "8"), ("--seed", "1", "2"), ("--optimizer", "adadelta", "sgd"), ("--dtype", "float32", "float64"),
            ("--num_nodes", "3", "2"), ("--partition", "round_robin", "dirichlet:0.5"), ("--activation", "relu", "none"), ("--cut", "fc1", "fc2"),
        })
        {
            FinishedProgram refused = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", output, "--epochs", "3", flag, now);
            Assert.That(refused.ExitCode, Is.EqualTo(2), refused.ToString());
            Assert.That(refused.Errors, Has.Length.EqualTo(1));
            Assert.That(refused.Errors[0], Does.StartWith("error: --"));
            if (flag != "--optimizer")
            {
                Assert.That(refused.Errors[0], Does.StartWith($"error: {flag} was {was} ").And.Contains($" is {now} now"));
            }
        }

        foreach (string[] wrong in new string[][] { ["--resume", output], ["centralized", "--resume", output], ["centralized", "--resume", output, "--epochs", "1"] })
        {
            FinishedProgram refused = await RunningCommand.RunOrchestratorAsync(wrong);
            Assert.That(refused.ExitCode, Is.EqualTo(2), refused.ToString());
            Assert.That(refused.Errors, Has.Length.EqualTo(1));
        }

        FinishedProgram longer = await RunningProgram.RunOrchestratorAsync("centralized", "--resume", output, "--epochs", "3", "--threads", "2", "--log_steps");
        Assert.That(longer.ExitCode, Is.Zero, longer.ToString());
        Assert.That(longer.Output, Has.Some.StartsWith("warn: --threads was 1 and is 2 now"));
        Assert.That(new CheckpointStore(output).Steps, Is.EqualTo((int[])[30, 20, 10]));
    }

    [TestCase("--schedule cosine")]
    [TestCase("--schedule multistep --milestones 1,3 --gamma 0.5")]
    public async Task A_schedule_goes_on_where_it_was(string schedule)
    {
        string output = _programs.Folder[schedule.Split(' ')[1]];
        string[] flags = [.. schedule.Split(' '), "--checkpoint_every", "7", "--keep_checkpoints", "9", "--output", output];
        FinishedProgram whole = await CentralizedAsync(flags);
        Assert.That(whole.ExitCode, Is.Zero, whole.ToString());
        string[] rates = Rates();
        Assert.That(rates.Distinct(StringComparer.Ordinal).Count(), Is.GreaterThan(1));
        FinishedProgram resumed = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", Path.Combine(output, "checkpoints", "step-000014"));
        Assert.That(resumed.Hash, Is.EqualTo(whole.Hash), resumed.ToString());
        Assert.That(Rates(), Is.EqualTo(rates));
        FinishedProgram other = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", output, "--seed", "9");
        Assert.That(other.ExitCode, Is.EqualTo(2), other.ToString());
        Assert.That(other.Errors.Single(), Does.Contain("--seed was 1 "));
        FinishedProgram longer = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", output, "--epochs", "3");
        if (schedule.Contains("cosine", StringComparison.Ordinal))
        {
            Assert.That(longer.ExitCode, Is.EqualTo(2), longer.ToString());
            Assert.That(longer.Errors.Single(), Does.Contain("--epochs was 2"));
            FinishedProgram complete = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", output);
            Assert.That(complete.Errors.Single(), Does.Contain("start a new run"));
        }
        else
        {
            Assert.That(longer.ExitCode, Is.Zero, longer.ToString());
        }

        string[] Rates() => [.. File.ReadLines(Path.Combine(output, "metrics.csv")).Skip(1).Select(row => row.Split(',')[8])];
    }

    [Test]
    public async Task Another_learning_rate_is_a_branch_that_is_named_wherever_the_run_is()
    {
        string output = _programs.Folder["branch"];
        string[] epochs = [.. _programs.Flags.Select((f, i) => i > 0 && _programs.Flags[i - 1] == "--epochs" ? "1" : f)];
        Assert.That((await RunningCommand.RunOrchestratorAsync(["centralized", .. epochs, "--output", output])).ExitCode, Is.Zero);
        FinishedProgram branched = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", output, "--epochs", "2", "--lr", "0.5", "--schedule", "constant");
        Assert.That(branched.ExitCode, Is.Zero, branched.ToString());
        Assert.That(branched.Output, Has.One.EqualTo(
            "warn: a new branch of the run from step 10 on: --lr was 1 and is 0.5 now, --schedule was step and is constant now; the result is that of neither alone"));
        Assert.That(branched.Final, Does.EndWith(" branched_from_step=10"));
        FinishedProgram longer = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", output, "--epochs", "3");
        Assert.That(longer.Final, Does.EndWith(" branched_from_step=10"), longer.ToString());
        using JsonDocument summary = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(output, "run.json")));
        JsonElement branch = summary.RootElement.GetProperty("branches").EnumerateArray().Single();
        Assert.That(branch.GetProperty("from_step").GetInt32(), Is.EqualTo(10));
        Assert.That(branch.GetProperty("changed").GetProperty("lr").GetProperty("was").GetString(), Is.EqualTo("1"));
        string[] rates = [.. File.ReadLines(Path.Combine(output, "metrics.csv")).Skip(1).Select(row => row.Split(',')[8])];
        Assert.That(rates, Is.EqualTo((string[])["1", "0.5", "0.5"]));
    }

    [Test]
    public async Task The_advice_of_a_run_that_diverged_leads_on()
    {
        string output = _programs.Folder["diverged"];
        string[] sgd = ["centralized", .. _programs.Flags.Select((f, i) => i > 0 && _programs.Flags[i - 1] == "--epochs" ? "1" : f), "--optimizer", "sgd", "--lr", "0.01", "--output", output];
        Assert.That((await RunningCommand.RunOrchestratorAsync(sgd)).ExitCode, Is.Zero);
        FinishedProgram diverged = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", output, "--epochs", "2", "--lr", "1e30");
        Assert.That(diverged.ExitCode, Is.EqualTo(6), diverged.ToString());
        string checkpoint = Path.Combine(output, "checkpoints", "step-000010");
        Assert.That(diverged.Errors.Single(), Does.EndWith($"go on from the checkpoint of step 10 with --resume '{checkpoint}' and a smaller --lr or --clip_grad_norm"));
        FinishedProgram mended = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", checkpoint, "--epochs", "2", "--lr", "0.001");
        Assert.That(mended.ExitCode, Is.Zero, mended.ToString());
        Assert.That(mended.Final, Does.Contain(" epochs=2 ").And.EndWith(" branched_from_step=10"));
    }

    [Test]
    public async Task The_same_data_at_another_path_are_the_same_data()
    {
        string output = _programs.Folder["moved"];
        string[] epochs = [.. _programs.Flags.Select((f, i) => i > 0 && _programs.Flags[i - 1] == "--epochs" ? "1" : f)];
        Assert.That((await RunningCommand.RunOrchestratorAsync(["centralized", .. epochs, "--output", output])).ExitCode, Is.Zero);
        string other = _programs.Folder.WriteDataset("moved-other", test: 31);
        FinishedProgram refused = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", output, "--epochs", "2", "--dataset", other);
        Assert.That((refused.ExitCode, refused.Errors.Length), Is.EqualTo((7, 1)), refused.ToString());
        Assert.That(refused.Errors[0], Does.Contain("is not the one that the checkpoint was made with"));
        string same = _programs.Folder.WriteDataset("moved-same");
        FinishedProgram resumed = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", output, "--epochs", "2", "--dataset", same);
        Assert.That(resumed.ExitCode, Is.Zero, resumed.ToString());
        Assert.That(resumed.Final, Does.Not.Contain("branched"));
    }

    [Test]
    public async Task Without_a_usable_checkpoint_it_says_so_in_one_line()
    {
        string output = _programs.Folder["unusable"];
        Assert.That((await CentralizedAsync("--output", output)).ExitCode, Is.Zero);
        foreach (string manifest in Directory.GetFiles(output, "manifest.json", SearchOption.AllDirectories))
        {
            await File.WriteAllTextAsync(manifest, "{");
        }

        foreach (string path in new[] { output, _programs.Folder["nowhere"], "latest" })
        {
            FinishedProgram refused = await RunningCommand.RunOrchestratorAsync(
                ["centralized", "--resume", path, .. path == "latest" ? (string[])["--output", _programs.Folder["nowhere"]] : []]);
            Assert.That(refused.ExitCode, Is.EqualTo(7), refused.ToString());
            Assert.That(refused.Errors, Has.Length.EqualTo(1));
        }
    }

    [Test]
    public async Task A_node_with_other_data_than_before_is_refused()
    {
        string output = _programs.Folder["other-data"];
        await LoseNodeTwoAsync(output, "--on_node_loss", "abort");
        string other = _programs.Folder.WriteDataset("other", train: 153);
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync("--resume", output, "--port", "0");
        FinishedProgram refused = await RunningCommand.RunNodeAsync(
            "--node_id", "2", "--num_nodes", "3", "--port", $"{await orchestrator.PortAsync()}", "--dataset", other, "--device", "cpu");
        Assert.That(refused.ExitCode, Is.EqualTo(4), refused.ToString());
        Assert.That(refused.Errors[0], Does.Contain("other data"));
    }

    [Test]
    public async Task A_last_checkpoint_that_cannot_be_written_is_an_error_though_the_model_is_there()
    {
        string output = _programs.Folder["obstructed"];
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(output).FullName, "checkpoints"), "in the way");
        FinishedProgram ended = await CentralizedAsync("--output", output);
        Assert.That(ended.ExitCode, Is.EqualTo(6), ended.ToString());
        Assert.That(ended.Hash, Has.Length.EqualTo(64));
        Assert.That(ended.Output.Count(l => l.StartsWith("warn: the checkpoint of step", StringComparison.Ordinal)), Is.EqualTo(3));
        Assert.That(ended.Errors.Single(), Does.Contain("the last checkpoint is not"));
        Assert.That(File.Exists(Path.Combine(output, "model.safetensors")), Is.True);
    }

    [Test]
    public async Task A_run_folder_is_for_one_program_and_one_run()
    {
        string output = _programs.Folder["one"];
        await using (RunningProgram first = _programs.StartOrchestrator(output))
        {
            await first.PortAsync();
            FinishedProgram second = await RunningProgram.RunOrchestratorAsync(["centralized", .. _programs.Flags, "--output", output]);
            Assert.That(second.ExitCode, Is.EqualTo(2), second.ToString());
            Assert.That(second.Errors.Single(), Does.Contain("another program"));
            first.Terminate();
            Assert.That((await first.EndAsync()).ExitCode, Is.EqualTo(130));
        }

        FinishedProgram trained = await RunningProgram.RunOrchestratorAsync(["centralized", .. _programs.Flags, "--output", output]);
        Assert.That(trained.ExitCode, Is.Zero, "nothing was trained in it yet");
        FinishedProgram again = await CentralizedAsync("--output", output);
        Assert.That(again.ExitCode, Is.EqualTo(2));
        Assert.That(again.Errors.Single(), Does.Contain("--resume"));
        if (!OperatingSystem.IsWindows())
        {
            foreach (string path in Directory.GetFileSystemEntries(output, "*", SearchOption.AllDirectories).Append(output))
            {
                Assert.That(File.GetUnixFileMode(path) & (UnixFileMode)0b000_111_111, Is.EqualTo(UnixFileMode.None), path);
            }
        }
    }

    private Task<FinishedProgram> CentralizedAsync(params string[] flags) => RunningCommand.RunOrchestratorAsync(["centralized", .. _programs.Flags, .. flags]);

    /// <summary>Resumes with three new nodes.</summary>
    private async Task<FinishedProgram> ResumeAsync(string output)
    {
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync("--resume", output, "--port", "0");
        int port = await orchestrator.PortAsync();
        await using RunningCommand node1 = _programs.StartNodeHere(1, port);
        await using RunningCommand node2 = _programs.StartNodeHere(2, port);
        await using RunningCommand node3 = _programs.StartNodeHere(3, port);
        return await orchestrator.EndAsync();
    }

    /// <summary>A run that loses node 2 for good in its fourth step.</summary>
    private async Task<FinishedProgram> LoseNodeTwoAsync(string output, params string[] flags)
    {
        await using RunningProgram orchestrator = _programs.StartOrchestrator(output, flags);
        int port = await orchestrator.PortAsync();
        RunningProgram? victim = null;
        await using var proxy = ProgramRuns.Proxy(port, async frame =>
        {
            if (frame.Type == MessageType.ForwardResult && frame.Number == 4)
            {
                await victim!.KillAsync();
                await frame.CutAsync();
            }

            await frame.ForwardAsync();
        });
        await using RunningProgram node1 = _programs.StartNode(1, port);
        await using RunningProgram node3 = _programs.StartNode(3, port);
        victim = _programs.StartNode(2, proxy.Endpoint.Port);
        await using (victim)
        {
            return await orchestrator.EndAsync();
        }
    }
}
