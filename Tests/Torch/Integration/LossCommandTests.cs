using System.Globalization;
using System.Text.Json;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Command lines with other losses than cross entropy: their flags, what they report, what the model says afterwards.</summary>
public sealed class LossCommandTests
{
    private readonly TempFolder _folder = new();

    [OneTimeSetUp]
    public void WriteData()
    {
        foreach ((string part, int count, ulong seed) in new[] { ("train", 120, 7UL), ("test", 40, 8UL) })
        {
            _folder.WriteNpy("numbers", part, Synthetic.Regression(Synthetic.Images(count, seed: seed), width: 1));
            _folder.WriteNpy("two", part, Synthetic.Images(count, classes: 2, seed: seed));
        }
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task Numbers_are_predicted_by_nodes_as_by_one_process()
    {
        FinishedProgram central = await CentralAsync("numbers-central", "numbers", "--loss", "mse");
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync([.. Flags("numbers-tl", "numbers"), "--loss", "mse", "--port", "0", "--num_nodes", "3"]);
        await using RunningCommand nodes = RunningCommand.StartNode(
            "--node_id", "1", "--virtual_nodes", "3", "--num_nodes", "3", "--port", $"{await orchestrator.PortAsync()}", "--dataset", _folder["numbers"], "--threads", "1", "--no-accel");
        FinishedProgram run = await orchestrator.EndAsync();
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
        Assert.That(run.Final, Does.Match(@"^final: rmse=\d\S* mae=\d\S* r2=\S+ loss=\d+\.\d{4} epochs=2 ").And.Not.Contain("accuracy"));
        (double loss, double rmse, double mae) = Result("numbers-tl");
        Assert.That((loss, rmse, mae), Is.EqualTo(Result("numbers-central")).Within(1e-12), central.ToString());
        Assert.That(rmse * rmse, Is.EqualTo(loss).Within(1e-12), "of one number a sample");
        double r2 = 1 - (rmse * rmse / Variance(DatasetLocator.InDirectory(_folder["numbers"]).ReadTest().Targets!.Values));
        Assert.That(mae, Is.LessThan(rmse).And.GreaterThan(0));

        string[][] rows = [.. File.ReadAllLines(_folder["numbers-tl", "metrics.csv"]).Select(l => l.Split(','))];
        string[] last = rows.Last(r => r[0] == "epoch");
        foreach (string column in new[] { "train_accuracy", "test_accuracy", "test_macro_f1", "test_auc" })
        {
            Assert.That(last[Array.IndexOf(rows[0], column)], Is.Empty, column);
        }

        Assert.That(double.Parse(last[Array.IndexOf(rows[0], "test_rmse")], CultureInfo.InvariantCulture), Is.EqualTo(rmse));
        FinishedProgram evaluate = await RunningCommand.RunOrchestratorAsync("evaluate", "--model_dir", _folder["numbers-tl"], "--dataset", _folder["numbers"], "--threads", "1");
        Assert.That(evaluate.Output, Is.EqualTo((string[])[string.Create(CultureInfo.InvariantCulture, $"evaluate: loss={loss:0.0000} rmse={rmse:G5} mae={mae:G5} r2={r2:0.0000} rows=40")]));
        FinishedProgram predict = await RunningCommand.PredictAsync("--model_dir", _folder["numbers-tl"], "--dataset", _folder["numbers"], "--threads", "1");
        SampleTargets targets = DatasetLocator.InDirectory(_folder["numbers"]).ReadTest().Targets!;
        double[] said = [.. predict.Output.Skip(1).Select(l => double.Parse(l.Split(',')[1], CultureInfo.InvariantCulture))];
        Assert.That(predict.Output[0], Is.EqualTo("index,y0"));
        Assert.That(said.Zip(targets.Values, (s, t) => Math.Abs(s - t)).Average(), Is.EqualTo(mae).Within(1e-12));
    }

    [Test]
    public async Task Two_classes_need_one_logit()
    {
        FinishedProgram run = await CentralAsync("two", "two", "--loss", "bce_with_logits", "--class_weights", "1,3");
        Assert.That(run.Final, Does.Match(@"^final: accuracy=[01]\.\d{4} loss="));
        FinishedProgram predict = await RunningCommand.PredictAsync("--model_dir", _folder["two"], "--dataset", _folder["two"], "--threads", "1");
        Assert.That(predict.Output[0], Is.EqualTo("index,class,p0,p1"));
        foreach (double[] row in predict.Output.Skip(1).Select(l => Array.ConvertAll(l.Split(','), f => double.Parse(f, CultureInfo.InvariantCulture))))
        {
            Assert.That(row[2] + row[3], Is.EqualTo(1).Within(1e-15));
            Assert.That(row[1], Is.EqualTo(row[3] > 0.5 ? 1 : 0));
        }

        FinishedProgram longer = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", _folder["two"], "--epochs", "3", "--class_weights", "1,2");
        Assert.That((longer.ExitCode, string.Join('\n', longer.Errors)), Is.EqualTo((2, "error: --class_weights was 1,3 when the checkpoint was written and is 1,2 now, which would change the result; leave --class_weights out to go on as before, or start a new run without --resume")));
        FinishedProgram resumed = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", _folder["two"], "--epochs", "3");
        Assert.That(resumed.ExitCode, Is.Zero, resumed.ToString());
        Assert.That(resumed.Hash, Is.EqualTo((await CentralAsync("three", "two", "--loss", "bce_with_logits", "--class_weights", "1,3", "--epochs", "3")).Hash));
    }

    [TestCase("two", "--loss mse", 7, "takes labels that are numbers, these are classes")]
    [TestCase("numbers", "--loss cross_entropy", 7, "takes labels that are classes, these are numbers")]
    [TestCase("numbers", "--loss mse --partition dirichlet:0.5", 7, "deals classes out, and the labels are numbers; use one of round_robin, iid, quantity:α")]
    [TestCase("two", "--loss mse --label_smoothing 0.1", 2, "--label_smoothing does not go with --loss mse")]
    [TestCase("two", "--loss bce_with_logits --class_weights 1", 2, "--loss bce_with_logits: there are 1 class weights for 2 classes; give one for each")]
    [TestCase("two", "--class_weights 1,-1", 2, "--class_weights takes numbers of at least 0 with commas between, such as 1,2,0.5, not '1,-1'")]
    [TestCase("two", "--loss hinge", 2, "--loss takes one of cross_entropy|bce_with_logits|mse, not 'hinge'")]
    public async Task What_does_not_fit_is_one_line(string data, string flags, int exitCode, string reason)
    {
        FinishedProgram run = await RunningCommand.RunOrchestratorAsync(["centralized", .. Flags($"refused-{Guid.NewGuid():N}", data), .. flags.Split(' ')]);
        Assert.That(run.ExitCode, Is.EqualTo(exitCode), run.ToString());
        Assert.That(run.Errors, Has.Length.EqualTo(1).And.One.Contains(reason));
    }

    [Test]
    public async Task A_node_whose_labels_are_of_another_kind_is_refused()
    {
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync([.. Flags("kind", "numbers"), "--loss", "mse", "--port", "0", "--num_nodes", "1"]);
        FinishedProgram node = await RunningCommand.RunNodeAsync("--node_id", "1", "--port", $"{await orchestrator.PortAsync()}", "--data", _folder["two"], "--no-accel");
        Assert.That(node.ExitCode, Is.EqualTo(4), node.ToString());
        Assert.That(node.Errors, Has.One.Contains("the loss mse takes labels that are numbers, the node's are classes; save them as float32"));
    }

    private async Task<FinishedProgram> CentralAsync(string output, string data, params string[] flags)
    {
        FinishedProgram run = await RunningCommand.RunOrchestratorAsync(["centralized", .. Flags(output, data).SkipLast(flags.Contains("--epochs") ? 2 : 0), .. flags]);
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
        return run;
    }

    private string[] Flags(string output, string data) =>
    [
        "--dataset", _folder[data], "--output", _folder[output], "--model", "tabular:64,1", "--dtype", "float64", "--batch_size", "16", "--threads", "1", "--no-accel",
        "--epochs", "2",
    ];

    private static double Variance(double[] values) => values.Average(v => Math.Pow(v - values.Average(), 2));

    private (double Loss, double Rmse, double Mae) Result(string output)
    {
        using var run = JsonDocument.Parse(File.ReadAllBytes(_folder[output, "run.json"]));
        JsonElement result = run.RootElement.GetProperty("result");
        return (result.GetProperty("loss").GetDouble(), result.GetProperty("rmse").GetDouble(), result.GetProperty("mae").GetDouble());
    }
}
