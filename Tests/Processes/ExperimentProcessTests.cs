using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using TraversalLearning.Files;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary><c>experiment</c> as a user meets it: workers here and elsewhere, kills, and going on.</summary>
public sealed class ExperimentProcessTests
{
    private readonly TempFolder _folder = new();
    private string _data = string.Empty;

    [OneTimeSetUp]
    public void Prepare() => _data = _folder.WriteDataset();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task A_study_survives_the_death_of_a_worker_and_its_own_and_does_nothing_twice()
    {
        int repetitions = Selection.IsAll ? 2 : 1, runs = 6 * repetitions;
        string file = WriteStudy(
            "kills", "epochs: 20\n  checkpoint_every: 5", $"sweep:\n  grid:\n    algorithm: [tl, fedavg, centralized]\n    partition: [iid, 'dirichlet:0.5']\nrepetitions: {repetitions}\n");
        string output = _folder["kills"];
        string[] command = ["experiment", file, "--workers", "2", "--output", output];
        string[] done;
        await using (RunningProgram study = RunningProgram.StartOrchestrator(command))
        {
            await study.WaitForLineAsync("tl-iid-seed-1: epoch 2:");
            Kill(WorkersOf(output)["local-1"]);
            await study.WaitForLineAsync("worker local-1 was lost");
            await study.WaitForLineAsync($"[{runs / 3}/{runs}]");
            await study.KillAsync();
            done = [.. study.Output.Where(l => l.EndsWith(": done", StringComparison.Ordinal)).Select(RunOf)];
        }

        await Waiting.Until(() => WorkersOf(output).Count == 0);
        JsonNode status = await StatusAsync(output);
        Assert.That(Names(status, "done"), Is.SupersetOf(done));
        Assert.That(Names(status, "queued"), Is.Not.Empty);

        FinishedProgram resumed = await RunningProgram.RunOrchestratorAsync([.. command, "--resume"]);
        Assert.That(resumed.ExitCode, Is.Zero, resumed.ToString());
        Assert.That(resumed.Output.Where(l => l.Contains(": begun by ", StringComparison.Ordinal)).Select(RunOf).Intersect(Names(status, "done"), StringComparer.Ordinal), Is.Empty);
        status = await StatusAsync(output);
        Assert.That(Names(status, "done"), Has.Length.EqualTo(runs));
        Assert.That(File.Exists(Path.Combine(output, "report.html")), Is.True);

        // Each alone, from the file beside its results: one of each algorithm.
        foreach (string run in Selection.First("fedavg-dirichlet-0.5-seed-1", "tl-iid-seed-1", "centralized-iid-seed-2"))
        {
            string alone = _folder[$"alone-{run}"];
            FinishedProgram one = await RunningProgram.RunOrchestratorAsync("experiment", Path.Combine(output, "runs", run, "config.yaml"), "--output", alone);
            Assert.That(one.ExitCode, Is.Zero, one.ToString());
            Assert.That(HashOf(Directory.GetDirectories(Path.Combine(alone, "runs")).Single()), Is.EqualTo(HashOf(Path.Combine(output, "runs", run))), run);
        }

        // And one as the command line that the report names.
        FinishedProgram line = await RunningProgram.RunOrchestratorAsync([.. ArgumentsOf(output, "centralized-dirichlet-0.5-seed-1"), "--output", _folder["line"]]);
        Assert.That(line.ExitCode, Is.Zero, line.ToString());
        Assert.That(HashOf(_folder["line"]), Is.EqualTo(HashOf(Path.Combine(output, "runs", "centralized-dirichlet-0.5-seed-1"))));
    }

    [Test]
    public async Task A_worker_elsewhere_gets_what_it_needs_and_another_goes_on_from_its_checkpoint()
    {
        string model = _folder.Write("small.json", Encoding.UTF8.GetBytes("""{"name":"small","input_shape":[784],"class_count":10,"layers":[{"type":"linear","name":"fc1","in":784,"out":12},{"type":"relu","name":"relu1"},{"type":"linear","name":"fc2","in":12,"out":10}]}"""));
        string token = _folder["token"];
        PrivateFiles.WriteDurably(token, "a secret that both of them know\n"u8);
        string file = WriteStudy("elsewhere", $"epochs: 120\n  model: {model}\n  checkpoint_every: 10", string.Empty);
        string output = _folder["elsewhere"];
        await using RunningProgram study = RunningProgram.StartOrchestrator(
            "experiment", file, "--workers", "0", "--port", "0", "--token_file", token, "--output", output);
        string line = await study.WaitForLineAsync("workers of other machines may come to ");
        string port = line[(line.LastIndexOf(':') + 1)..];
        string[] worker = ["worker", "--port", port, "--token_file", token];
        await using (RunningProgram first = RunningProgram.StartOrchestrator([.. worker, "--name", "first", "--scratch", _folder["first"]]))
        {
            await study.WaitForLineAsync(": epoch 3:");
            await Waiting.Until(() => Directory.Exists(Path.Combine(RunFolderIn(output), "checkpoints")));
            await first.KillAsync();
        }

        await study.WaitForLineAsync("worker first was lost");
        await using RunningProgram second = RunningProgram.StartOrchestrator([.. worker, "--name", "second", "--scratch", _folder["second"]]);
        await second.WaitForLineAsync("goes on from the checkpoint of step ");
        FinishedProgram ended = await study.EndAsync();
        Assert.That(ended.ExitCode, Is.Zero, ended.ToString());
        Assert.That((await second.EndAsync()).ExitCode, Is.Zero);
        Assert.That(File.Exists(Path.Combine(RunFolderIn(output), "model.safetensors")), Is.True);

        FinishedProgram here = await RunningProgram.RunOrchestratorAsync("experiment", file, "--output", _folder["here"]);
        Assert.That(here.ExitCode, Is.Zero, here.ToString());
        Assert.That(HashOf(RunFolderIn(output)), Is.EqualTo(HashOf(RunFolderIn(_folder["here"]))));
    }

    [Test]
    public async Task A_run_that_cannot_be_done_does_not_keep_the_others_from_being_done()
    {
        string file = WriteStudy("fails", "epochs: 1", $"sweep:\n  grid:\n    dataset: ['{_data}', '/nowhere']\n");
        string output = _folder["fails"];
        FinishedProgram study = await RunningProgram.RunOrchestratorAsync("experiment", file, "--output", output);
        Assert.That(study.ExitCode, Is.EqualTo(6), study.ToString());
        Assert.That(study.Errors[^1], Is.EqualTo($"error: 1 of 2 runs failed; --resume --output '{output}' tries them again"));
        JsonNode status = await StatusAsync(output);
        Assert.That(((int)status["counts"]!["done"]!, (int)status["counts"]!["failed"]!), Is.EqualTo((1, 1)));
        JsonNode failed = status["runs"]!.AsArray().Single(r => (string)r!["state"]! == "failed")!;
        Assert.That((int)failed["attempts"]!, Is.EqualTo(3));
        Assert.That((string)failed["failure"]!, Does.Contain("/nowhere"));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(output, "report.html")), Does.Contain("/nowhere"));
    }

    [Test]
    public async Task Of_many_the_best_go_on_and_who_has_come_to_the_last_epoch_is_done()
    {
        string file = WriteStudy("halved", "epochs: 2\n  optimizer: sgd", "sweep:\n  grid:\n    lr: [0.1, 0.000001]\nscheduler: {asha: {first_rung: 1, factor: 2, measure: loss}}\n");
        string output = _folder["halved"];
        FinishedProgram study = await RunningProgram.RunOrchestratorAsync("experiment", file, "--output", output);
        Assert.That(study.ExitCode, Is.Zero, study.ToString());
        JsonNode status = await StatusAsync(output);
        Assert.That(status["runs"]!.AsArray().Select(r => ((string)r!["state"]!, (int)r["epochs"]!)), Is.EqualTo(((string, int)[])[("done", 2), ("halved", 1)]));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(output, "results.csv")), Does.Contain(",halved,"));
    }

    [Test]
    public async Task Ctrl_C_ends_a_study_in_good_order_and_it_goes_on()
    {
        string file = WriteStudy("interrupted", "epochs: 60", string.Empty);
        string output = _folder["interrupted"];
        await using (RunningProgram study = RunningProgram.StartOrchestrator("experiment", file, "--output", output))
        {
            await study.WaitForLineAsync(": epoch 2:");
            study.Terminate();
            FinishedProgram ended = await study.EndAsync();
            Assert.That(ended.ExitCode, Is.EqualTo(130), ended.ToString());
            Assert.That(ended.Output[^1], Is.EqualTo($"go on with --resume --output '{output}'"));
        }

        JsonNode row = (await StatusAsync(output))["runs"]![0]!;
        Assert.That(((string)row["state"]!, (string?)row["failure"]), Is.EqualTo(("queued", (string?)null)));
        Assert.That(Directory.GetDirectories(Path.Combine(RunFolderIn(output), "checkpoints")), Is.Not.Empty);
        FinishedProgram resumed = await RunningProgram.RunOrchestratorAsync("experiment", file, "--output", output, "--resume");
        Assert.That(resumed.ExitCode, Is.Zero, resumed.ToString());
    }

    [Test]
    public async Task What_does_not_fit_is_said_in_a_line()
    {
        string file = WriteStudy("fits", "epochs: 1", string.Empty);
        string output = _folder["fits"];
        Assert.That((await RunningProgram.RunOrchestratorAsync("experiment", file, "--output", output)).ExitCode, Is.Zero);
        string other = WriteStudy("other", "epochs: 2", string.Empty);
        foreach ((string[] flags, string error) in new (string[], string)[]
        {
            ([file, "--output", output], "holds a study already; go on with it by --resume"),
            ([other, "--output", output, "--resume"], "holds other runs than"),
            ([file, "--output", _folder["nothing"], "--resume"], "there is no study in"),
            ([file, "--workers", "0"], "which need a --port to come to"),
            ([file, "--port", "0", "--host", "0.0.0.0"], "--insecure in a network that you trust"),
            (["status", _folder["nothing"]], "there is no study in"),
        })
        {
            FinishedProgram ended = await RunningProgram.RunOrchestratorAsync(["experiment", .. flags]);
            Assert.That(ended.ExitCode, Is.Not.Zero.And.Not.EqualTo(1), ended.ToString());
            Assert.That(ended.Errors, Has.Length.EqualTo(1));
            Assert.That(ended.Errors[0], Does.StartWith("error: ").And.Contain(error));
        }

        FinishedProgram watching = await RunningProgram.RunOrchestratorAsync("watch", output);
        Assert.That(watching.Errors.Single(), Does.Contain("is the folder of a study: watch one of its runs"));

        FinishedProgram again = await RunningProgram.RunOrchestratorAsync("experiment", file, "--output", output, "--resume");
        Assert.That(again.ExitCode, Is.Zero, again.ToString());
        Assert.That(again.Output, Has.None.Contains("begun by"));
    }

    [Test]
    public async Task A_dry_run_says_what_the_runs_would_be_and_leaves_nothing()
    {
        string file = WriteStudy("dry", "epochs: 1", "sweep:\n  grid:\n    algorithm: [tl, fedavg]\nrepetitions: 2\n");
        FinishedProgram dry = await RunningProgram.RunOrchestratorAsync("experiment", file, "--output", _folder["dry"], "--dry_run");
        Assert.That(dry.ExitCode, Is.Zero, dry.ToString());
        Assert.That(dry.Output[^1], Is.EqualTo("dry: 4 runs"));
        Assert.That(dry.Output, Has.Some.StartsWith("tl-seed-1: --algorithm tl "));
        Assert.That(Directory.Exists(_folder["dry"]), Is.False);
    }

    private static string RunOf(string line) => line[(line.IndexOf(']') + 2)..].Split(':')[0];

    private static string RunFolderIn(string output) => Directory.GetDirectories(Path.Combine(output, "runs")).Single();

    private static string HashOf(string folder) =>
        (string)JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, "run.json")))!["result"]!["params_sha256"]!;

    private static string[] ArgumentsOf(string output, string run) =>
        [.. JsonNode.Parse(File.ReadAllBytes(Path.Combine(output, "runs", run, "run.json")))!["arguments"]!.AsArray().Select(a => (string)a!)];

    private static string[] Names(JsonNode status, string state) =>
        [.. status["runs"]!.AsArray().Where(r => (string)r!["state"]! == state).Select(r => (string)r!["name"]!)];

    private static async Task<JsonNode> StatusAsync(string output)
    {
        FinishedProgram status = await RunningProgram.RunOrchestratorAsync("experiment", "status", output, "--json");
        Assert.That(status.ExitCode, Is.Zero, status.ToString());
        return JsonNode.Parse(string.Concat(status.Output))!;
    }

    /// <summary>The worker processes of a study, by their names.</summary>
    private static Dictionary<string, int> WorkersOf(string output)
    {
        var workers = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)))
        {
            string[] words = [];
            try
            {
                words = File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0');
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }

            if (words.Contains("worker") && words.Contains(output))
            {
                workers[words[Array.IndexOf(words, "--name") + 1]] = int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture);
            }
        }

        return workers;
    }

    private static void Kill(int process) => System.Diagnostics.Process.GetProcessById(process).Kill();

    private string WriteStudy(string name, string run, string more) => _folder.Write(
        $"{name}.yaml",
        Encoding.UTF8.GetBytes($"name: {name}\nrun:\n{(more.Contains("dataset", StringComparison.Ordinal) ? string.Empty : $"  dataset: {_data}\n")}  num_nodes: 3\n  batch_size: 16\n  no-accel: true\n  {run}\n{more}"));
}
