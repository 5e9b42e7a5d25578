using System.Globalization;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Files;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Command lines on tables: what nodes say of theirs prepares a run, and nothing is different for it but what a sample is.</summary>
internal sealed class TableCommandTests
{
    private const int Nodes = 3;

    private static readonly string[] Train = Tables.Rows(120);
    private static readonly string[] Test = Tables.Rows(40, seed: 2);

    private readonly TempFolder _folder = new();
    private string _common = string.Empty;
    private string _token = string.Empty;

    [OneTimeSetUp]
    public void WriteTables()
    {
        _common = _folder.WriteTable("common", Tables.Schema, Tables.File(Train), Tables.File(Test));
        _folder.WriteTable("test", Tables.Schema, test: Tables.File(Test));
        int[][] parts = Partition.RoundRobin.Deal(Tables.Read(Tables.Schema, Tables.File(Train)).Labels, Nodes, seed: 1);
        for (int node = 1; node <= Nodes; node++)
        {
            _folder.WriteTable($"node{node}", Tables.Schema, Tables.File(parts[node - 1].Select(i => Train[i])));
        }

        _folder.WriteDataset();
        _token = _folder["token"];
        PrivateFiles.WriteDurably(_token, [.. Enumerable.Range(0, 32).Select(i => (byte)('a' + (i % 26)))]);
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task Nodes_with_tables_of_their_own_prepare_them_as_the_pooled_table_and_nodes_in_one_process_end_with_the_same_bytes()
    {
        FinishedProgram own = await TrainAsync("own", "test", ["--token_file", _token], id => StartNode(id, $"node{id}", "--token_file", _token));
        Assert.That(own.ExitCode, Is.Zero, own.ToString());
        Assert.That(own.Output, Has.Some.Contains("4 columns make 9 features; 120 rows of 2 classes"));
        FinishedProgram centralized = await RunningCommand.RunOrchestratorAsync(["centralized", .. Flags("common", "centralized")]);
        Assert.That(centralized.ExitCode, Is.Zero, centralized.ToString());
        byte[] preparation = await File.ReadAllBytesAsync(_folder["own", "preparation.json"]);
        Assert.That(await File.ReadAllBytesAsync(_folder["centralized", "preparation.json"]), Is.EqualTo(preparation));
        Assert.That(await File.ReadAllBytesAsync(_folder["centralized", "model.json"]), Is.EqualTo(await File.ReadAllBytesAsync(_folder["own", "model.json"])));

        FinishedProgram hosted = await TrainAsync("hosted", "test", [], id => id > 1 ? null : port => RunningCommand.StartNode(
            "--node_id", "1", "--virtual_nodes", $"{Nodes}", "--num_nodes", $"{Nodes}", "--dataset", _common, "--port", port, "--threads", "1", "--device", "cpu"));
        Assert.That(hosted.Hash, Is.EqualTo(own.Hash));
        Assert.That(await File.ReadAllBytesAsync(_folder["hosted", "preparation.json"]), Is.EqualTo(preparation));
    }

    [TestCase("two_phase", "fc1")]
    [TestCase("one_phase", "fc2")]
    [TestCase("relay", "norm1")]
    public async Task Traversal_and_centralized_training_are_equal(string exchange, string cut)
    {
        FinishedProgram verified = await RunningCommand.RunOrchestratorAsync(
            "verify", "--dataset", _common, "--model", "tabular", "--exchange", exchange, "--cut", cut, "--num_nodes", $"{Nodes}", "--batch_size", "16", "--steps", "4", "--dtype", "float64", "--threads", "1", "--no-accel");
        Assert.That(verified.ExitCode, Is.Zero, verified.ToString());
        Assert.That(verified.Output[^1], Does.StartWith("verify: steps=4 ").And.EndsWith(" ok"));
    }

    [Test]
    public async Task Evaluate_and_predict_prepare_rows_as_the_run_did([Values] bool ofCheckpoint)
    {
        string output = $"asked{ofCheckpoint}";
        FinishedProgram run = await RunningCommand.RunOrchestratorAsync(["centralized", .. Flags("common", output)]);
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
        string model = ofCheckpoint ? _folder[output, "checkpoints", "step-000016"] : _folder[output];
        FinishedProgram evaluate = await RunningCommand.RunOrchestratorAsync("evaluate", "--model_dir", model, "--dataset", _folder["test"], "--threads", "1", "--no-accel");
        Assert.That(evaluate.ExitCode, Is.Zero, evaluate.ToString());
        using JsonDocument summary = JsonDocument.Parse(await File.ReadAllBytesAsync(_folder[output, "run.json"]));
        string loss = summary.RootElement.GetProperty("result").GetProperty("loss").GetDouble().ToString("0.0000", CultureInfo.InvariantCulture);
        Assert.That(evaluate.Output.Single(), Does.StartWith($"evaluate: loss={loss} ").And.EndsWith($" rows={Test.Length}"));

        // Alone and with its columns in another order, a row is prepared as among the others.
        int row = Array.FindIndex(Test, r => !r.Contains('"', StringComparison.Ordinal));
        string[] fields = Test[row].Split(',');
        _folder.WriteTable($"one{ofCheckpoint}", Tables.Schema, test: Tables.File([string.Join(',', fields.Skip(1).Reverse())], "outcome,site,smoker,pressure,age"));
        string[] all = await PredictAsync(model, "test");
        string[] one = await PredictAsync(model, $"one{ofCheckpoint}");
        Assert.That(Probabilities(one[1]), Is.EqualTo(Probabilities(all[row + 1])).Within(1e-6));
    }

    [Test]
    public async Task An_exported_model_prepares_rows_as_predict_does()
    {
        FinishedProgram run = await RunningCommand.RunOrchestratorAsync(["centralized", .. Flags("common", "exported")]);
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
        string path = _folder["exported", "model.onnx"];
        string[] export = ["export", "--model_dir", _folder["exported"], "--output", path];
        FinishedProgram done = await RunningCommand.RunOrchestratorAsync(export);
        Assert.That(done.ExitCode, Is.Zero, done.ToString());

        string[][] rows = [["50", "1000050", "yes", "Ulm", "ill"], ["", "", "", "", "well"], ["61.5", "1000001.25", "no", "Nowhere", "ill"]];
        _folder.WriteTable("asked", Tables.Schema, test: Tables.File(rows.Select((r, i) => $"{i},{string.Join(',', r)}")));
        using var exported = new OnnxRuns(path);
        float[] probabilities = exported.Run(Numbers("age", 0), Numbers("pressure", 1), Names("smoker", 2), Names("site", 3))["probabilities"];
        Assert.That(probabilities, Is.EqualTo((await PredictAsync(_folder["exported"], "asked")).Skip(1).SelectMany(Probabilities)).Within(1e-5));

        NamedOnnxValue Names(string name, int column) => OnnxRuns.Input(name, [.. rows.Select(r => r[column])], rows.Length, 1);
        NamedOnnxValue Numbers(string name, int column) =>
            OnnxRuns.Input(name, [.. rows.Select(r => r[column].Length == 0 ? double.NaN : double.Parse(r[column], CultureInfo.InvariantCulture))], rows.Length, 1);
    }

    [Test]
    public async Task Weights_of_other_tables_are_warned_of()
    {
        FinishedProgram first = await RunningCommand.RunOrchestratorAsync(["centralized", .. Flags("common", "weights")]);
        Assert.That(first.ExitCode, Is.Zero, first.ToString());
        string[] Others(IEnumerable<string> rows) => [.. rows.Select(r => r.Replace(",ill", ",sick", StringComparison.Ordinal))];
        _folder.WriteTable("others", Tables.Schema, Tables.File(Others(Train)), Tables.File(Others(Test)));
        foreach ((string data, bool differs) in new[] { ("common", false), ("others", true) })
        {
            FinishedProgram run = await RunningCommand.RunOrchestratorAsync(
                ["centralized", .. Flags(data, $"from-{data}"), "--init", _folder["weights", "model.safetensors"]]);
            Assert.That(run.ExitCode, Is.Zero, run.ToString());
            Assert.That(run.Output, Has.Some.Contains("10 of the model's 10 tensors"));
            Assert.That(run.Output.Any(l => l.Contains("was trained with tables that have other classes", StringComparison.Ordinal)), Is.EqualTo(differs), run.ToString());
        }
    }

    [Test]
    public async Task A_run_goes_on_with_the_preparation_that_it_began_with_and_refuses_other_data()
    {
        Func<string, RunningCommand> Own(int id) => StartNode(id, $"node{id}");
        FinishedProgram straight = await TrainAsync("straight", "test", ["--epochs", "3"], Own);
        FinishedProgram begun = await TrainAsync("begun", "test", ["--epochs", "2"], Own);
        Assert.That(begun.ExitCode, Is.Zero, begun.ToString());

        // What is in the folder is for people: the checkpoint has its own.
        File.Delete(_folder["begun", "preparation.json"]);
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync("--resume", _folder["begun"], "--model", "tabular", "--epochs", "3", "--port", "0");
        string port = $"{await orchestrator.PortAsync()}";
        FinishedProgram stranger = await RunningCommand.RunNodeAsync("--node_id", "1", "--data", _folder["node2"], "--port", port, "--device", "cpu");
        Assert.That(stranger.ExitCode, Is.EqualTo(4), stranger.ToString());
        Assert.That(stranger.Errors.Single(), Does.Contain("node 1 came back with other data"));
        await using RunningCommand node1 = Own(1)(port);
        await using RunningCommand node2 = Own(2)(port);
        await using RunningCommand node3 = Own(3)(port);
        FinishedProgram resumed = await orchestrator.EndAsync();
        Assert.That(resumed.ExitCode, Is.Zero, resumed.ToString());
        Assert.That(resumed.Output, Has.None.Contains("columns make"), "nobody is asked again");
        Assert.That(resumed.Hash, Is.EqualTo(straight.Hash));
    }

    [Test]
    public async Task Tables_that_are_not_alike_end_the_run_in_one_line_and_send_the_nodes_home()
    {
        string schema = Tables.Schema.Replace("\"smoker\",", string.Empty, StringComparison.Ordinal);
        string file = Tables.File(Train.Select(r => r.Replace("yes", "1", StringComparison.Ordinal).Replace("no", "0", StringComparison.Ordinal)));
        _folder.WriteTable("unlike", schema, file);
        var nodes = new List<FinishedProgram>();
        FinishedProgram run = await TrainAsync("unlike-run", "test", [], id => StartNode(id, id == 2 ? "unlike" : $"node{id}"), nodes);
        AssertError(run, 7, "column 'smoker' is a category at node 1 and a number at node 2; give all the same schema.json");
        Assert.That(nodes.Select(n => n.ExitCode), Is.EqualTo((int[])[0, 0, 0]));
        Assert.That(nodes.SelectMany(n => n.Output), Has.Exactly(Nodes).Contains("the run ended before it began"));
    }

    [Test]
    public async Task What_looks_like_a_mistake_is_pointed_out_in_the_log_in_the_events_and_in_the_report()
    {
        string[] rows = [.. Train.Select(r => r.Replace("Ulm", "ULM", StringComparison.Ordinal))];
        _folder.WriteTable("capitals", Tables.Schema, Tables.File(rows[..40]));
        FinishedProgram run = await TrainAsync("capitals-run", "test", [], id => StartNode(id, id == 3 ? "capitals" : $"node{id}"));
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
        const string Warning = "column 'site': category 'Ulm' (node 1) and 'ULM' (node 3) look like one and count as 2";
        Assert.That(run.Output.Concat(run.Errors), Has.Some.Contains("warn: " + Warning));
        Assert.That(await File.ReadAllTextAsync(_folder["capitals-run", "events.jsonl"]), Does.Contain("\"event\":\"data_doubted\""));
        Assert.That(await File.ReadAllTextAsync(_folder["capitals-run", "report.html"]), Does.Contain("trained on as it is: " + Warning));
    }

    [Test]
    public async Task A_column_of_numbers_is_predicted_in_its_own_unit_by_nodes_as_by_one_process()
    {
        const string Schema = """{"target":"pressure","categorical":["smoker","site"],"ignore":["patient","outcome"]}""";
        string[] train = [.. Train.Where(r => r.Split(',')[2].Length > 0)];
        string[] test = [.. Test.Where(r => r.Split(',')[2].Length > 0)];
        _folder.WriteTable("pressure", Schema, Tables.File(train), Tables.File(test));
        FinishedProgram run = await TrainAsync("pressure-nodes", "pressure", ["--loss", "mse"], id => port => RunningCommand.StartNode(
            "--node_id", $"{id}", "--num_nodes", $"{Nodes}", "--dataset", _folder["pressure"], "--port", port, "--threads", "1", "--device", "cpu"));
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
        Assert.That(run.Output, Has.Some.Contains("'pressure' is predicted: 1"));
        FinishedProgram centralized = await RunningCommand.RunOrchestratorAsync(["centralized", .. Flags("pressure", "pressure-central"), "--loss", "mse"]);
        Assert.That(centralized.ExitCode, Is.Zero, centralized.ToString());
        Assert.That(await File.ReadAllBytesAsync(_folder["pressure-central", "preparation.json"]), Is.EqualTo(await File.ReadAllBytesAsync(_folder["pressure-nodes", "preparation.json"])));

        string[] lines = await PredictAsync(_folder["pressure-nodes"], "pressure");
        double[] predicted = [.. lines.Skip(1).Select(l => double.Parse(l.Split(',')[1], CultureInfo.InvariantCulture))];
        double[] labels = [.. test.Select(r => double.Parse(r.Split(',')[2], CultureInfo.InvariantCulture))];
        Assert.That(predicted, Has.All.EqualTo(1e6).Within(500), "its own unit");
        using JsonDocument summary = JsonDocument.Parse(await File.ReadAllBytesAsync(_folder["pressure-nodes", "run.json"]));
        JsonElement result = summary.RootElement.GetProperty("result");
        double squares = predicted.Zip(labels, (p, y) => (p - y) * (p - y)).Sum();
        Assert.That(result.GetProperty("rmse").GetDouble(), Is.EqualTo(Math.Sqrt(squares / labels.Length)).Within(1e-6));
        Assert.That(result.GetProperty("r2").GetDouble(), Is.EqualTo(1 - (squares / labels.Sum(y => Math.Pow(y - labels.Average(), 2)))).Within(1e-6));

        FinishedProgram other = await RunningCommand.RunOrchestratorAsync(["centralized", .. Flags("pressure", "pressure-classes")]);
        AssertError(other, 7, "'pressure' is a number, and it takes classes; use --loss mse");
    }

    [Test]
    public async Task Rows_without_their_class_are_predicted_by_name()
    {
        FinishedProgram run = await RunningCommand.RunOrchestratorAsync(["centralized", .. Flags("common", "named")]);
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
        string[] labelled = await PredictAsync(_folder["named"], "test");
        Assert.That(labelled[0], Is.EqualTo("index,class,p_ill,p_well"));
        Assert.That(labelled[1].Split(',')[1], Is.AnyOf("ill", "well"));
        _folder.WriteTable("unlabelled", Tables.Schema, test: Tables.File(Test.Select(r => r[..r.LastIndexOf(',')]), Tables.Header[..Tables.Header.LastIndexOf(',')]));
        Assert.That(await PredictAsync(_folder["named"], "unlabelled"), Is.EqualTo(labelled));
    }

    [Test]
    public async Task A_table_of_one_class_has_nothing_to_learn()
    {
        _folder.WriteTable("one-class", Tables.Schema, Tables.File(Train.Where(r => r.EndsWith("ill", StringComparison.Ordinal))), Tables.File(Test.Where(r => r.EndsWith("ill", StringComparison.Ordinal))));
        AssertError(await RunningCommand.RunOrchestratorAsync(["centralized", .. Flags("one-class", "one-class-run")]), 7, "all rows are of the class 'ill', so that there is nothing to learn; is 'outcome' the right column?");
    }

    [Test]
    public async Task Tables_and_other_samples_do_not_meet()
    {
        await using (RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync([.. Flags("test", "strangers"), "--port", "0"]))
        {
            string port = $"{await orchestrator.PortAsync()}";
            FinishedProgram images = await RunningCommand.RunNodeAsync("--node_id", "1", "--dataset", _folder["data"], "--port", port, "--device", "cpu");
            AssertError(images, 4, "this run is one of tables, or of images in folders, and the node's samples are neither; give the node a directory of the kind");
        }

        await using RunningCommand other = await RunningCommand.StartOrchestratorAsync(
            "--dataset", _folder["data"], "--num_nodes", $"{Nodes}", "--port", "0", "--output", _folder["strangers2"], "--no-accel");
        FinishedProgram table = await RunningCommand.RunNodeAsync("--node_id", "1", "--data", _folder["node1"], "--port", $"{await other.PortAsync()}", "--device", "cpu");
        AssertError(table, 4, "the node's samples are rows of a table, or images in folders, and this run's are not; give the orchestrator a test set of the kind as --dataset, or for tables --dataset none and --model tabular");
    }

    [Test]
    public async Task A_model_that_does_not_fit_says_which_does()
    {
        AssertError(
            await RunningCommand.RunOrchestratorAsync("centralized", "--dataset", _common, "--output", _folder["misfit1"]),
            7,
            "the model 'mlp' takes [784] and has 10 outputs, the tables give 9 features and 2 classes; use --model tabular");
        AssertError(
            await RunningCommand.RunOrchestratorAsync("centralized", "--dataset", _folder["data"], "--model", "tabular", "--output", _folder["misfit2"]),
            2,
            "say them: --model tabular:FEATURES,CLASSES");
        AssertError(
            await RunningCommand.RunOrchestratorAsync("centralized", "--dataset", _common, "--model", "tabular:7,2", "--output", _folder["misfit3"]), 7, "takes [7]");
    }

    private static void AssertError(FinishedProgram program, int exitCode, string text)
    {
        Assert.That(program.ExitCode, Is.EqualTo(exitCode), program.ToString());
        Assert.That(program.Errors, Has.Length.EqualTo(1).And.All.Contains(text), program.ToString());
    }

    private static double[] Probabilities(string line) =>
        [.. line.Split(',').Skip(2).Select(p => double.Parse(p, CultureInfo.InvariantCulture))];

    private string[] Flags(string dataset, string output) =>
    [
        "--dataset", _folder[dataset], "--model", "tabular", "--num_nodes", $"{Nodes}", "--epochs", "2", "--batch_size", "16", "--threads", "1",
        "--device", "cpu", "--output", _folder[output],
    ];

    private Func<string, RunningCommand> StartNode(int id, string data, params string[] flags) => port => RunningCommand.StartNode(
        ["--node_id", $"{id}", "--data", _folder[data], "--port", port, "--threads", "1", "--device", "cpu", .. flags]);

    private async Task<FinishedProgram> TrainAsync(
        string output, string dataset, string[] flags, Func<int, Func<string, RunningCommand>?> node, List<FinishedProgram>? ended = null)
    {
        string[] all = Flags(dataset, output);
        int epochs = Array.IndexOf(all, "--epochs");
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync(
            [.. flags.Contains("--epochs", StringComparer.Ordinal) ? [.. all[..epochs], .. all[(epochs + 2)..]] : all, "--port", "0", .. flags]);
        string port = $"{await orchestrator.PortAsync()}";
        List<RunningCommand> nodes = [.. Enumerable.Range(1, Nodes).Select(node).OfType<Func<string, RunningCommand>>().Select(start => start(port))];
        try
        {
            FinishedProgram finished = await orchestrator.EndAsync();
            foreach (RunningCommand running in nodes)
            {
                FinishedProgram end = await running.EndAsync();
                ended?.Add(end);
            }

            return finished;
        }
        finally
        {
            foreach (RunningCommand running in nodes)
            {
                await running.DisposeAsync();
            }
        }
    }

    private async Task<string[]> PredictAsync(string model, string dataset)
    {
        FinishedProgram predicted = await RunningCommand.PredictAsync("--model_dir", model, "--dataset", _folder[dataset], "--threads", "1", "--no-accel");
        Assert.That(predicted.ExitCode, Is.Zero, predicted.ToString());
        return predicted.Output;
    }
}
