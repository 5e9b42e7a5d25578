using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using TraversalLearning.Files;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary>The programs as a user meets them: flags, exit codes, one line for every error, and what a run leaves.</summary>
public sealed partial class CommandLineTests
{
    private readonly TempFolder _folder = new();
    private string _data = string.Empty;

    private static readonly string[] Common =
    [
        "--num_nodes", "--batch_size", "--last_batch", "--seed", "--model", "--activation", "--init", "--init_partial", "--cut", "--dtype", "--optimizer", "--lr", "--gamma", "--momentum",
        "--nesterov", "--weight_decay", "--clip_grad_norm", "--loss", "--class_weights", "--label_smoothing", "--allow_nonfinite", "--allow_any_range", "--augment", "--dataset", "--partition", "--partition_seed", "--device", "--no-accel", "--threads",
    ];

    private static readonly string[] Run =
    [
        "--epochs", "--schedule", "--step_size", "--milestones", "--warmup_epochs", "--validation_fraction", "--early_stopping", "--min_delta", "--restore_best", "--stop_rounds", "--stop_accuracy", "--stop_loss", "--stop_seconds", "--stop_bytes", "--output", "--checkpoint_every", "--keep_checkpoints", "--resume", "--log_steps", "--verbose",
    ];

    private static string[] Blind => ["--sum_bits", "--min_nodes_per_batch", "--mask_neighbours", "--agree_every"];

    private static readonly string[] Traversal = ["--exchange", "--traversal", "--visits_at_once", "--micro_batch_rows", "--compression", "--checksums", "--allow_lossy", .. Blind];
    private static readonly string[] Security = ["--tls_cert", "--tls_key", "--tls_ca", "--tls_crl", "--ca_address", "--token_file", "--insecure"];
    private static readonly string[] Network =
        ["--host", "--port", "--connect_timeout", "--reconnect_timeout", "--on_node_loss", "--task_timeout", "--heartbeat_interval", "--heartbeat_timeout", .. Security];

    private static readonly string[] Observation = ["--dashboard_port", "--dashboard_host", "--otlp_endpoint", "--tensorboard", "--token_file"];
    private static readonly string[] Methods = ["--client_fraction", "--local_epochs", "--select", "--aggregator", "--groups", "--availability", "--topology", "--topology_seed"];
    private static readonly string[] Deadlines = ["--connect_timeout", "--reconnect_timeout", "--on_node_loss", "--task_timeout", "--heartbeat_interval", "--heartbeat_timeout"];
    private static readonly string[] Compare = ["--algorithms", "--repetitions", "--equal_bytes", "--in_process", "--node_program"];
    private static readonly string[] Evaluation = ["--model_dir", "--dataset", "--split", "--batch_size", "--device", "--no-accel", "--threads", "--allow_any_range"];

    private static readonly string[] NodeFlags =
    [
        "--node_id", "--virtual_nodes", "--host", "--port", "--num_nodes", "--data", "--dataset", "--partition", "--partition_seed", "--device", "--no-accel",
        "--threads", "--compression", "--checksums", "--connect_timeout", "--max_model_gb", "--metadata", "--log_file", "--verbose",
        "--state_dir", "--policy", .. Security,
    ];

    private static IEnumerable<TestCaseData> WrongOrchestratorFlags() =>
    [
        Wrong("--bogus"), Wrong("bogus"), Wrong("list cheeses"), Wrong("--epochs"), Wrong("--epochs 0"), Wrong("--epochs -1"), Wrong("--epochs many"), Wrong("--epochs 1 --epochs 2"),
        Wrong("--num_nodes 0"), Wrong("--batch_size 0"), Wrong("--last_batch join"), Wrong("--batch_size 2000000000"), Wrong("--seed -1"), Wrong("--seed 1.5"), Wrong("--lr -1"),
        Wrong("--lr NaN"), Wrong("--gamma 1.1"), Wrong("--momentum 0.5"), Wrong("--nesterov"), Wrong("--optimizer sgd --nesterov"), Wrong("--weight_decay -1"),
        Wrong("--model alexnet"), Wrong("--model tabular"), Wrong("--model tabular:0,2"), Wrong("--model text:9,9"), Wrong("--model none.json"),
        Wrong("--model none/model"), Wrong("--cut 0"), Wrong("--cut 8"), Wrong("--cut nothing"), Wrong("--dtype float16"), Wrong("--optimizer Adam"),
        Wrong("--activation maybe"), Wrong("--partition random"), Wrong("--partition dirichlet:0"), Wrong("partition --partition shards"), Wrong("partition --epochs 1"), Wrong("--exchange three_phase"), Wrong("--exchange blind --algorithm fedavg"), Wrong("--exchange blind --num_nodes 2"), Wrong("verify --exchange blind --allow_lossy"), Wrong("--traversal diagonal"), Wrong("--visits_at_once -1"), Wrong("--micro_batch_rows -1"), Wrong("--compression zip"),
        Wrong("--checksums maybe"), Wrong("--port -1"), Wrong("--port 65536"), Wrong("--threads -1"), Wrong("--threads many"),
        Wrong("--threads auto2"), Wrong("centralized --threads 1025"), Wrong("verify --threads Auto"), Wrong("--device gpu"), Wrong("--device cuda:x"),
        Wrong("--device cuda --no-accel"), Wrong("--heartbeat_interval 5 --heartbeat_timeout 6"), Wrong("--heartbeat_timeout 90000"),
        Wrong("--reconnect_timeout 0"), Wrong("centralized --port 1"), Wrong("centralized --exchange one_phase"), Wrong("verify --epochs 2"),
        Wrong("verify --steps 0"), Wrong("verify --output x"), Wrong("--host 0.0.0.0"), Wrong("--host 192.0.2.1"), Wrong("--host somewhere.example"),
        Wrong("--host ::"), Wrong("--tls_ca ca.pem"), Wrong("--tls_cert c.pem"), Wrong("--tls_key c.key"), Wrong("--token_file /nowhere"), Wrong("--tls_crl c.crl"), Wrong("--ca_address ca.example"), Wrong("--ca_address ca.example:1"), Wrong("ca"), Wrong("ca sign nowhere x.csr"), Wrong("ca token nowhere --node_id 1"), Wrong("ca serve nowhere"), Wrong("ca request x"),
        Wrong("--tls_cert /nowhere --tls_key /nowhere"), Wrong("centralized --insecure"), Wrong("verify --token_file x"),
        Wrong("--stop_rounds -1"), Wrong("--stop_accuracy 1.1"), Wrong("--stop_loss -1"), Wrong("--stop_seconds 0"), Wrong("--stop_bytes 0"),
        Wrong("--availability none.yaml"), Wrong("--availability {\"all\":[p_fail=0.5]}"), Wrong("--algorithm gossip --availability {\"all\":[delay_ms=5]}"),
        Wrong("--schedule linear"), Wrong("--step_size 0"), Wrong("--schedule cosine --step_size 2"), Wrong("--milestones 3,6"), Wrong("--schedule multistep"),
        Wrong("--schedule multistep --milestones 3,3"), Wrong("--schedule multistep --milestones 0"), Wrong("--schedule multistep --milestones 3,"),
        Wrong("--schedule constant --gamma 0.5"), Wrong("--schedule cosine --epochs 3 --warmup_epochs 3"), Wrong("--warmup_epochs -1"), Wrong("verify --schedule cosine"),
        Wrong("--init_partial"), Wrong("centralized --init_partial"), Wrong("verify --init_partial"),
        Wrong("--init sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        Wrong("--clip_grad_norm -1"), Wrong("--clip_grad_norm NaN"),
        Wrong("compare --algorithms tl,bogus"), Wrong("compare --algorithms tl,tl"), Wrong("compare --algorithms"), Wrong("compare --algorithms tl,"),
        Wrong("compare --algorithms fedprox"), Wrong("compare --repetitions 0"), Wrong("compare --equal_bytes 0"), Wrong("compare --equal_bytes many"),
        Wrong("compare --threads auto"), Wrong("compare --cut auto"), Wrong("compare --exchange auto"), Wrong("compare --node_program /nowhere"),
        Wrong("compare --in_process --node_program x"), Wrong("compare --port 1"), Wrong("compare --resume x"), Wrong("compare --algorithm tl"),
        Wrong("compare --seed 18446744073709551615 --repetitions 2"), Wrong("compare --lr -1"),
        Wrong("--dashboard_port -1"), Wrong("--dashboard_port 65536"), Wrong("--dashboard_port 0 --dashboard_host 0.0.0.0"), Wrong("centralized --dashboard_port 0 --dashboard_host ::"),
        Wrong("compare --dashboard_port 0 --dashboard_host 192.0.2.1"), Wrong("--dashboard_port 0 --token_file /nowhere"), Wrong("--otlp_endpoint somewhere"),
        Wrong("verify --dashboard_port 0"), Wrong("watch"), Wrong("watch x --type"), Wrong("watch x --type node_lsot"), Wrong("watch x --filter loss>2"), Wrong("watch 127.0.0.1:1 --token_file /nowhere"),
        Wrong("report"), Wrong("report a b c"), Wrong("report --epochs 1"),
        Wrong("predict"), Wrong("evaluate"), Wrong("evaluate --model_dir"), Wrong("evaluate --model_dir x --output y"), Wrong("predict --model_dir x --split all"),
        Wrong("export --model_dir x"), Wrong("export --output x"), Wrong("export --model_dir x --output y --dataset z"),
        Wrong("predict --model_dir x --batch_size 0"), Wrong("predict --model_dir x --threads auto"), Wrong("predict --model_dir x --epochs 1"),
    ];

    [Test]
    public async Task A_test_set_that_does_not_fit_is_said_before_nodes_are_waited_for()
    {
        FinishedProgram run = await RunningCommand.RunOrchestratorAsync(
            "--dataset", _data, "--model", "tabular:5,2", "--exchange", "auto", "--port", "0", "--output", _folder["unfit"], "--threads", "1", "--no-accel");
        Assert.That(run.ExitCode, Is.EqualTo(7), run.ToString());
        Assert.That(run.Errors, Has.Length.EqualTo(1).And.One.Contains("does not fit"));
        Assert.That(run.Output, Has.None.Contains("waiting for"));
    }

    private static IEnumerable<TestCaseData> WrongNodeFlags() =>
    [
        Wrong(""), Wrong("--node_id"), Wrong("--node_id 0"), Wrong("--node_id x"), Wrong("--node_id 1 --bogus"), Wrong("--node_id 1 --port 0"),
        Wrong("--node_id 4 --num_nodes 3"), Wrong("--node_id 1 --compression zip"), Wrong("--node_id 1 --checksums maybe"), Wrong("--node_id 1 --device gpu"),
        Wrong("--node_id 1 --threads -1"), Wrong("--node_id 1 --threads many"), Wrong("--node_id 1 --partition random"), Wrong("--node_id 1 --partition classes:0"), Wrong("--node_id 1 --host 192.0.2.1"),
        Wrong("--node_id 1 --host somewhere.example"), Wrong("--node_id 1 --tls_cert c.pem --tls_key c.key"), Wrong("--node_id 1 --tls_ca /nowhere"), Wrong("enroll"), Wrong("enroll --hub ca.example:1"), Wrong("enroll --hub ca.example:1 --token tl1_x"), Wrong("enroll --hub ca.example --token tl1_x"), Wrong("enroll --request x.csr --name hub"), Wrong("enroll --request x.csr --node_id 1 --name ../hub"), Wrong("enroll --certificate x.pem --name hub"),
        Wrong("--node_id 1 --virtual_nodes 0"), Wrong("--node_id 1 --virtual_nodes 4 --num_nodes 3"), Wrong("--node_id 2 --virtual_nodes 3 --num_nodes 3"),
        Wrong("--node_id 1 --virtual_nodes 2 --data ."),
    ];

    [OneTimeSetUp]
    public void WriteData() => _data = _folder.WriteDataset();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task Lists_what_there_is_to_choose_from()
    {
        FinishedProgram all = await RunningCommand.RunOrchestratorAsync("list");
        Assert.That((all.ExitCode, all.Errors), Is.EqualTo((0, Array.Empty<string>())), $"{all}");
        foreach (string known in new[] { "algorithms", "  fedprox:μ", "  dirichlet:α", "  fashion-mnist", "  k_regular:k", "  resnet", "  cross_entropy", "  adamw", "  cosine", "  asha" })
        {
            Assert.That(all.Output, Has.Some.StartsWith(known));
        }

        FinishedProgram some = await RunningCommand.RunOrchestratorAsync("list", "algorithms");
        Assert.That(some.Output, Has.Some.StartsWith("tl ").And.None.Contains("dirichlet"));
    }

    [Test]
    public async Task Help_names_every_flag_of_every_program()
    {
        await AssertHelpAsync(RunningCommand.RunOrchestratorAsync("--help"), [.. Common, .. Run, .. Traversal, .. Network, .. Observation, .. Methods, "--algorithm", "--reveal_model"]);
        await AssertHelpAsync(RunningCommand.RunOrchestratorAsync("centralized", "--help"), [.. Common, .. Run, .. Observation]);
        await AssertHelpAsync(RunningCommand.RunOrchestratorAsync("verify", "--help"), [.. Common, .. Traversal, "--steps"]);
        await AssertHelpAsync(RunningCommand.RunOrchestratorAsync("audit", "--help"), [.. Common, "--exchange", "--steps", "--samples", "--visits", "--output"]);
        await AssertHelpAsync(RunningCommand.RunOrchestratorAsync("partition", "--help"), ["--num_nodes", "--dataset", "--partition", "--partition_seed", "--output"]);
        await AssertHelpAsync(RunningCommand.RunOrchestratorAsync("compare", "--help"), [.. Common, .. Run.Where(f => f != "--resume"), .. Traversal, .. Methods, .. Deadlines, .. Compare, .. Observation, "--reveal_model"]);
        await AssertHelpAsync(RunningCommand.RunOrchestratorAsync("watch", "--help"), ["--type", "--json", "--keep", "--token_file"]);
        await AssertHelpAsync(RunningCommand.RunOrchestratorAsync("predict", "--help"), [.. Evaluation, "--output"]);
        await AssertHelpAsync(RunningCommand.RunOrchestratorAsync("evaluate", "--help"), Evaluation);
        await AssertHelpAsync(RunningCommand.RunOrchestratorAsync("export", "--help"), ["--model_dir", "--output"]);
        await AssertHelpAsync(RunningCommand.RunOrchestratorAsync("report", "--help"), ["--output"]);
        await AssertHelpAsync(RunningProgram.RunNodeAsync("--help"), NodeFlags);

        static async Task AssertHelpAsync(Task<FinishedProgram> run, string[] flags)
        {
            FinishedProgram help = await run;
            Assert.That(help.ExitCode, Is.Zero, help.ToString());
            Assert.That(help.Errors, Is.Empty);
            string[] named = [.. help.Output.Select(l => l.Trim()).Where(l => l.StartsWith("--", StringComparison.Ordinal))];
            foreach (string flag in flags)
            {
                string? line = Array.Find(named, l => FlagsOf(l).Contains(flag, StringComparer.Ordinal));
                Assert.That(line, Is.Not.Null, $"{flag} is missing");
                Assert.That(FlagsOf(line!), Does.Contain(flag.Replace('_', '-')).And.Contains("--" + flag[2..].Replace('-', '_')), "both spellings");
            }

            string[] others = [.. named.Where(l => !FlagsOf(l).Any(f => flags.Contains(f, StringComparer.Ordinal)))];
            Assert.That(others, Has.All.StartsWith("--version"), "no flag that these tests do not know");
            Assert.That(named.Where(l => Regex.Count(l, "default:") > 1), Is.Empty, "every default once");
        }

        static string[] FlagsOf(string line) => [.. line.Split("  ")[0].Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Where(w => w.StartsWith("--", StringComparison.Ordinal))];
    }

    [Test]
    public async Task Programs_end_as_their_commands_do()
    {
        AssertError(await RunningProgram.RunOrchestratorAsync("--bogus"), 2, "--bogus");
        AssertError(await RunningProgram.RunNodeAsync("--node_id", "0"), 2, "--node_id");
        AssertError(await RunningProgram.RunOrchestratorAsync("centralized", "--dataset", _folder["nowhere"], "--output", _folder["program"]), 7, "nowhere");
    }

    [TestCaseSource(nameof(WrongOrchestratorFlags))]
    public async Task Wrong_flags_of_the_orchestrator_are_one_line_and_exit_code_2(string[] arguments) =>
        AssertError(await RunningCommand.RunOrchestratorAsync([.. arguments, "--dataset", _data]), 2);

    [TestCaseSource(nameof(WrongNodeFlags))]
    public async Task Wrong_flags_of_the_node_are_one_line_and_exit_code_2(string[] arguments) =>
        AssertError(await RunningCommand.RunNodeAsync([.. arguments, "--dataset", _data, "--connect_timeout", "0.1"]), 2);

    [Test]
    public async Task A_device_that_is_not_there_is_said_in_one_line()
    {
        if (TorchSharp.torch.cuda.is_available())
        {
            Assert.Ignore("this machine has CUDA");
        }

        FinishedProgram program = await RunningCommand.RunOrchestratorAsync("centralized", "--dataset", _data, "--device", "cuda", "--output", _folder["cuda"]);
        AssertError(program, 2, "--device cuda");
    }

    [Test]
    public async Task A_port_in_use_is_said_in_one_line()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        int port = ((IPEndPoint)other.LocalEndPoint!).Port;
        AssertError(await RunningProgram.RunOrchestratorAsync("--dataset", _data, "--port", $"{port}", "--output", _folder["port"]), 3, $":{port}", "--port");
    }

    [TestCase("256.1.1.1")]
    [TestCase("192.0.2.1", Description = "documentation's network: no address of this machine")]
    public async Task An_address_that_cannot_be_bound_is_said_in_one_line(string host) =>
        AssertError(await RunningCommand.RunOrchestratorAsync("--dataset", _data, "--host", host, "--insecure", "--port", "0", "--output", _folder[host]), 3, host);

    [Test]
    public async Task An_orchestrator_that_is_not_there_is_said_in_one_line() => AssertError(
        await RunningProgram.RunNodeAsync("--node_id", "1", "--dataset", _data, "--port", "1", "--connect_timeout", "0.2"), 3, "--connect_timeout");

    [Test]
    public async Task A_node_that_is_refused_says_why()
    {
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync("--dataset", _data, "--port", "0", "--num_nodes", "2", "--output", _folder["refused"]);
        string port = $"{await orchestrator.PortAsync()}";
        AssertError(await RunningCommand.RunNodeAsync("--node_id", "3", "--num_nodes", "3", "--dataset", _data, "--port", port), 4, "node id 3", "from 1 to 2");

        _folder.Write("small/train-images-idx3-ubyte", IdxFiles.Images(6));
        _folder.Write("small/train-labels-idx1-ubyte", IdxFiles.Labels(6));
        AssertError(await RunningCommand.RunNodeAsync("--node_id", "1", "--data", _folder["small"], "--port", port), 4, "[1, 2, 3]");
    }

    [Test]
    public async Task Data_that_is_missing_or_damaged_is_named()
    {
        string nowhere = _folder["nowhere"];
        AssertError(await RunningCommand.RunOrchestratorAsync("centralized", "--dataset", nowhere, "--output", _folder["out1"]), 7, nowhere);
        AssertError(await RunningCommand.RunNodeAsync("--node_id", "1", "--dataset", nowhere), 7, nowhere);
        AssertError(await RunningCommand.RunNodeAsync("--node_id", "1", "--data", nowhere), 7, nowhere);

        string damaged = _folder.WriteDataset("damaged");
        Truncate("t10k-images-idx3-ubyte");
        AssertError(await RunningCommand.RunOrchestratorAsync("--port", "0", "--dataset", damaged, "--output", _folder["out2"]), 7, "t10k-images-idx3-ubyte", "truncated");
        Truncate("train-images-idx3-ubyte");
        AssertError(await RunningCommand.RunOrchestratorAsync("centralized", "--dataset", damaged, "--output", _folder["out3"]), 7, "train-images-idx3-ubyte", "truncated");
        AssertError(await RunningCommand.RunOrchestratorAsync("verify", "--dataset", damaged), 7, "train-images-idx3-ubyte", "truncated");
        AssertError(await RunningCommand.RunNodeAsync("--node_id", "1", "--dataset", damaged), 7, "train-images-idx3-ubyte", "truncated");

        void Truncate(string name) => File.WriteAllBytes(Path.Combine(damaged, name), File.ReadAllBytes(Path.Combine(damaged, name))[..^1]);
    }

    [Test]
    public async Task A_run_folder_that_cannot_be_written_is_named()
    {
        string file = _folder.Write("a-file", [1]);
        AssertError(await RunningCommand.RunOrchestratorAsync("centralized", "--dataset", _data, "--output", file), 6, file, "--output");
        AssertError(await RunningCommand.RunOrchestratorAsync("centralized", "--dataset", _data, "--output", Path.Combine(file, "run")), 6, file, "--output");
    }

    [Test]
    public async Task Verify_proves_equality_in_one_line([Values("two_phase", "one_phase")] string exchange)
    {
        FinishedProgram verify = await RunningCommand.RunOrchestratorAsync(
            "verify", "--dataset", _data, "--steps", "5", "--dtype", "float64", "--exchange", exchange, "--threads", "1", "--no-accel", "--num-nodes", "4");
        Assert.That(verify.ExitCode, Is.Zero, verify.ToString());
        Assert.That(verify.Errors, Is.Empty);
        Assert.That(verify.Output[^1], Does.Match(@"^verify: steps=5 max_rel_grad_diff=\d\.\de-\d\d max_rel_param_diff=\d\.\de[-+]\d\d ok$"));
    }

    [Test]
    public async Task A_run_leaves_what_it_promises_and_its_final_line_is_that_of_centralized_training()
    {
        FinishedProgram central = await RunningProgram.RunOrchestratorAsync(
            "centralized", "--dataset", _data, "--output", _folder["central"], "--epochs", "2", "--num_nodes", "2", "--batch_size", "16", "--dtype", "float64",
            "--threads", "1", "--no-accel");
        Assert.That(central.ExitCode, Is.Zero, central.ToString());

        // The same in hyphens, equals signs and the other spelling of the one flag that had hyphens.
        await using RunningProgram orchestrator = RunningProgram.StartOrchestrator(
            "--dataset", _data, "--output", _folder["tl"], "--epochs", "2", "--num-nodes=2", "--batch-size", "16", "--dtype", "float64", "--threads", "1", "--no_accel",
            "--log-steps", "--port", "0");
        string port = $"{await orchestrator.PortAsync()}";
        await using RunningProgram node1 = RunningProgram.StartNode("--node-id", "1", "--num-nodes", "2", "--dataset", _data, "--port", port, "--threads", "1", "--no-accel");
        await using RunningProgram node2 = RunningProgram.StartNode(
            "--node_id=2", "--num_nodes=2", "--dataset", _data, "--port", port, "--threads", "1", "--no-accel", "--metadata", "site=Bern");
        FinishedProgram tl = await orchestrator.EndAsync();
        Assert.That(tl.ExitCode, Is.Zero, tl.ToString());
        using var summary = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(_folder["tl"], "run.json")));
        JsonElement second = summary.RootElement.GetProperty("nodes")[1];
        Assert.That(second.GetProperty("id").GetInt32(), Is.EqualTo(2));
        Assert.That(
            second.GetProperty("metadata").EnumerateObject().Select(m => $"{m.Name}={m.Value}"),
            Is.EqualTo((string[])["partition=round_robin", "partition_idx=1", "site=Bern"]));
        Assert.That(tl.Errors, Is.Empty);

        Assert.That(tl.Final, Does.Match(FinalPattern()));
        Assert.That(central.Final, Does.Match(FinalPattern()));
        string[] shared = ["accuracy", "loss", "epochs", "steps"];
        Assert.That(Words(tl.Final, shared), Is.EqualTo(Words(central.Final, shared)));
        Assert.That(tl.Output[^1], Is.EqualTo(tl.Final), "the last line");

        AssertRunFolder("central", central, rows: 2);
        AssertRunFolder("tl", tl, rows: 22);

        FinishedProgram again = await RunningCommand.RunOrchestratorAsync("centralized", "--dataset", _data, "--output", _folder["tl"]);
        AssertError(again, 2, "holds a run already");
    }

    [Test]
    public async Task A_model_from_a_file_is_trained_kept_and_gone_on_with()
    {
        string file = _folder["own.json"];
        string description = """{"name":"own","input_shape":[1,28,28],"class_count":10,"layers":[{"type":"conv2d","name":"conv","in":1,"out":2,"kernel":5,"stride":3},{"type":"batch_norm","name":"bn","channels":2},{"type":"gelu","name":"act"},{"type":"global_mean","name":"mean"},{"type":"linear","name":"fc","in":2,"out":10}]}""";
        await File.WriteAllTextAsync(file, description);
        string[] arguments = ["centralized", "--dataset", _data, "--threads", "1", "--no-accel"];
        FinishedProgram whole = await RunningCommand.RunOrchestratorAsync([.. arguments, "--model", file, "--epochs", "2", "--output", _folder["whole"]]);
        FinishedProgram half = await RunningCommand.RunOrchestratorAsync([.. arguments, "--model", file, "--epochs", "1", "--output", _folder["half"]]);
        Assert.That((whole.ExitCode, half.ExitCode), Is.EqualTo((0, 0)), whole.ToString());
        Assert.That(ModelDescription.Parse(await File.ReadAllTextAsync(_folder["half", "model.json"])).ToJson(), Does.Contain("\"stride\":3"));

        await File.WriteAllTextAsync(file, description.Replace("gelu", "tanh", StringComparison.Ordinal));
        AssertError(
            await RunningCommand.RunOrchestratorAsync([.. arguments, "--model", file, "--resume", _folder["half"], "--epochs", "2"]), 2, "--model was own@", "is own@");
        File.Delete(file);
        FinishedProgram resumed = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", _folder["half"], "--epochs", "2");
        Assert.That(resumed.ExitCode, Is.Zero, resumed.ToString());
        Assert.That(resumed.Hash, Is.EqualTo(whole.Hash));
        Assert.That(await File.ReadAllBytesAsync(_folder["half", "model.safetensors"]), Is.EqualTo(await File.ReadAllBytesAsync(_folder["whole", "model.safetensors"])), "buffers too");

        AssertError(await RunningCommand.RunOrchestratorAsync([.. arguments, "--model", file]), 2, "own.json", "no such file");
        await File.WriteAllTextAsync(file, description.Replace("\"in\":2", "\"in\":3", StringComparison.Ordinal));
        AssertError(await RunningCommand.RunOrchestratorAsync([.. arguments, "--model", file]), 2, "own.json", "layer 'fc' takes [3], but gets [2]");
    }

    private static string[] Words(string final, string[] names) => [.. final.Split(' ').Where(w => names.Contains(w.Split('=')[0], StringComparer.Ordinal))];

    private static TestCaseData Wrong(string arguments) => new TestCaseData((object)arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)).SetArgDisplayNames(arguments);

    private static void AssertError(FinishedProgram program, int exitCode, params string[] parts)
    {
        Assert.That(program.ExitCode, Is.EqualTo(exitCode), program.ToString());
        Assert.That(program.Errors, Has.Length.EqualTo(1), program.ToString());
        Assert.That(program.Errors[0], Does.StartWith("error: ").And.Not.Contains("Exception"));
        Assert.That(program.Output, Has.None.Contains("   at "), "no stack trace");
        foreach (string part in parts)
        {
            Assert.That(program.Errors[0], Does.Contain(part));
        }
    }

    private void AssertRunFolder(string name, FinishedProgram program, int rows)
    {
        using (SafetensorsReader model = SafetensorsReader.Open(_folder[name, "model.safetensors"]))
        {
            Assert.That(
                model.Tensors.Select(t => t.Name),
                Is.EquivalentTo((string[])["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias", "fc4.weight", "fc4.bias"]));
            Assert.That(model.Tensors.Single(t => t.Name == "fc1.weight").Shape, Is.EqualTo((long[])[256, 784]));
            Assert.That(model.Tensors.Select(t => t.Dtype), Has.All.EqualTo("F64"));
        }

        string[][] metrics = [.. File.ReadAllLines(_folder[name, "metrics.csv"]).Select(l => l.Split(','))];
        Assert.That(metrics[0], Is.EqualTo((string[])
        [
            "scope", "epoch", "batch", "step", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "lr", "seconds", "samples_per_second",
            "sent_bytes", "received_bytes", "skipped_rows", "test_macro_f1", "test_auc", "test_rmse", "test_mae", "test_r2", "validation_loss",
            "validation_accuracy",
        ]));
        Assert.That(metrics, Has.Length.EqualTo(rows + 1).And.All.Length.EqualTo(21));
        string[][] epochs = [.. metrics.Where(r => r[0] == "epoch")];
        Assert.That(epochs.Select(r => (r[1], r[2], r[3], r[8])), Is.EqualTo(((string, string, string, string)[])[("1", "", "10", "1"), ("2", "", "20", "0.7")]));
        Assert.That(metrics.Where(r => r[0] == "step").Select(r => int.Parse(r[3])), Is.EqualTo(Enumerable.Range(1, rows - 2)));

        using JsonDocument run = JsonDocument.Parse(File.ReadAllBytes(_folder[name, "run.json"]));
        Assert.That(run.RootElement.GetProperty("result").GetProperty("params_sha256").GetString(), Is.EqualTo(program.Hash));
        foreach ((string column, string result) in new[] { ("test_loss", "loss"), ("test_accuracy", "accuracy"), ("test_macro_f1", "macro_f1"), ("test_auc", "auc") })
        {
            double last = double.Parse(epochs[^1][Array.IndexOf(metrics[0], column)]);
            Assert.That(run.RootElement.GetProperty("result").GetProperty(result).GetDouble(), Is.EqualTo(last), column);
        }

        Assert.That(run.RootElement.GetProperty("algorithm").GetString(), Is.EqualTo(name == "tl" ? "tl" : "centralized"));
        Assert.That(new FileInfo(_folder[name, "orchestrator.log"]).Length, Is.GreaterThan(0));
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(File.GetUnixFileMode(_folder[name]) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead), Is.EqualTo((UnixFileMode)0), "the user's own");
        }
    }

    [GeneratedRegex(@"^final: accuracy=[01]\.\d{4} loss=\d+\.\d{4} epochs=\d+ steps=\d+ params_sha256=[0-9a-f]{64} seconds=\d+\.\d sent_mb=\d+\.\d received_mb=\d+\.\d$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FinalPattern();
}
