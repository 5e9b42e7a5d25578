using System.Globalization;
using System.Text.Json;
using TraversalLearning.Data;
using TraversalLearning.Files;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Scoring;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary><c>predict</c> and <c>evaluate</c> as a user meets them, on the model that a run left.</summary>
internal sealed class EvaluationProcessTests
{
    private const int TestRows = 40;
    private const int TrainRows = 150;
    private const int Classes = 10;

    private readonly TempFolder _folder = new();
    private string _data = string.Empty;
    private string _run = string.Empty;

    [OneTimeSetUp]
    public async Task TrainAsync()
    {
        _data = _folder.WriteDataset(train: TrainRows, test: TestRows);
        _run = _folder["run"];
        FinishedProgram run = await RunningCommand.RunOrchestratorAsync(
            "centralized", "--dataset", _data, "--output", _run, "--epochs", "2", "--batch_size", "16", "--dtype", "float64", "--threads", "1", "--no-accel");
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task Evaluate_says_what_the_run_said([Values] bool ofCheckpoint)
    {
        FinishedProgram evaluate = await AskAsync("evaluate", "--model_dir", ofCheckpoint ? Path.Combine(_run, "checkpoints", "step-000020") : _run);
        Assert.That(evaluate.ExitCode, Is.Zero, evaluate.ToString());
        Assert.That(evaluate.Errors, Is.Empty);
        using JsonDocument summary = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(_run, "run.json")));
        JsonElement result = summary.RootElement.GetProperty("result");
        string Metric(string name) => result.GetProperty(name).GetDouble().ToString("0.0000", CultureInfo.InvariantCulture);
        Assert.That(
            evaluate.Output,
            Is.EqualTo((string[])
            [
                $"evaluate: loss={Metric("loss")} accuracy={Metric("accuracy")} macro_f1={Metric("macro_f1")} auc={Metric("auc")} rows={TestRows}",
            ]));
    }

    [Test]
    public async Task Predictions_are_those_of_the_model_and_the_same_in_a_file_and_on_standard_output()
    {
        string csv = _folder.Write("predictions.csv", [1, 2, 3]);
        FinishedProgram toFile = await AskAsync("predict", "--model_dir", _run, "--output", csv);
        Assert.That(toFile.ExitCode, Is.Zero, toFile.ToString());
        Assert.That(toFile.Output, Is.EqualTo((string[])[$"predictions: {csv} ({TestRows} rows)"]));
        FinishedProgram printed = await RunningProgram.RunOrchestratorAsync("predict", "--model-dir", _run, "--batch_size", "7", "--dataset", _data, "--threads", "1", "--no-accel");
        Assert.That(printed.ExitCode, Is.Zero, printed.ToString());
        Assert.That(printed.Errors, Is.Empty);
        Assert.That(Directory.GetFiles(_folder.Path), Is.EqualTo((string[])[csv]), "nothing beside it");

        string[] lines = await File.ReadAllLinesAsync(csv);
        Assert.That(lines[0], Is.EqualTo("index,class," + string.Join(',', Enumerable.Range(0, Classes).Select(c => $"p{c}"))));
        Assert.That(lines, Has.Length.EqualTo(TestRows + 1));
        double[][] rows = [.. lines.Skip(1).Select(Numbers)];
        double[][] again = [.. printed.Output.Skip(1).Select(Numbers)];
        using Turn turn = await Turn.TakeAsync();
        using var model = TrainedModel.Load(_run, TorchSharp.torch.CPU);
        SampleSet images = Synthetic.Images(TestRows, side: 28, seed: 8);
        var scores = (ClassScores)model.Score(images, "test", TestRows, anyRange: false, static _ => { }, CancellationToken.None);
        for (int i = 0; i < TestRows; i++)
        {
            Assert.That(rows[i][0], Is.EqualTo(i));
            Assert.That(rows[i][1], Is.EqualTo(scores.Predicted[i]));
            Assert.That(rows[i][2..], Is.EqualTo(scores.Probabilities.Slice(i * Classes, Classes).ToArray()).Within(1e-12));
            Assert.That(rows[i][2..].Sum(), Is.EqualTo(1).Within(1e-12));
            Assert.That(again[i], Is.EqualTo(rows[i]).Within(1e-12));
        }

        static double[] Numbers(string line) => Array.ConvertAll(line.Split(','), field => double.Parse(field, CultureInfo.InvariantCulture));
    }

    [Test]
    public async Task The_training_samples_are_another_split()
    {
        FinishedProgram evaluate = await AskAsync("evaluate", "--model_dir", _run, "--split", "train");
        Assert.That(evaluate.ExitCode, Is.Zero, evaluate.ToString());
        Assert.That(evaluate.Output.Single(), Does.EndWith($"rows={TrainRows}"));
    }

    [Test]
    public async Task Metrics_that_are_not_defined_are_called_so()
    {
        SampleSet images = Synthetic.Images(20, side: 28, seed: 8);
        int[] ofOneClass = [.. Enumerable.Range(0, images.Count).Where(i => images.Labels[i] == images.Labels[0])];
        WriteTest("one-class", images.Select(ofOneClass));
        FinishedProgram evaluate = await RunningCommand.RunOrchestratorAsync("evaluate", "--model_dir", _run, "--dataset", _folder["one-class"], "--no-accel");
        Assert.That(evaluate.ExitCode, Is.Zero, evaluate.ToString());
        Assert.That(evaluate.Output.Single(), Does.Contain(" auc=n/a "));
    }

    [Test]
    public async Task A_model_that_is_missing_or_damaged_is_said_in_one_line()
    {
        AssertError(await AskAsync("evaluate", "--model_dir", _folder["nowhere"]), 7, _folder["nowhere"], "results:");
        AssertError(await AskAsync("evaluate", "--model_dir", _data), 7, _data, "model.safetensors");

        string whole = Path.Combine(_run, "model.safetensors");
        byte[] bytes = await File.ReadAllBytesAsync(whole);
        _folder.Write("cut/model.safetensors", bytes[..^1]);
        AssertError(await AskAsync("evaluate", "--model_dir", _folder["cut"]), 7, _folder["cut"], "--model_dir");
        _folder.Write("other/model.safetensors", [1, 2, 3]);
        AssertError(await AskAsync("predict", "--model_dir", _folder["other"], "--output", _folder["other", "p.csv"]), 7, "truncated", "--model_dir");
        Assert.That(Directory.GetFiles(_folder["other"]), Has.Length.EqualTo(1), "no half file is left");

        // As safetensors.torch.save_file writes it: no metadata.
        using (SafetensorsReader file = SafetensorsReader.Open(whole))
        {
            Directory.CreateDirectory(_folder["plain"]);
            SafetensorsWriter.Write(_folder["plain", "model.safetensors"], [.. file.Tensors.Select(t => new SafetensorsTensor(t.Name, t.Dtype, [.. t.Shape], file.Read(t)))]);
        }

        AssertError(await AskAsync("evaluate", "--model_dir", _folder["plain"]), 7, "metadata", "train the model again");
    }

    [Test]
    public async Task Data_that_do_not_fit_are_said_in_one_line()
    {
        WriteTest("small", Synthetic.Images(20, side: 8));
        AssertError(await RunningCommand.RunOrchestratorAsync("evaluate", "--model_dir", _run, "--dataset", _folder["small"], "--no-accel"), 7, "[784]", "[1, 8, 8]");
        AssertError(await RunningCommand.RunOrchestratorAsync("evaluate", "--model_dir", _run, "--dataset", _folder["no-data"], "--no-accel"), 7, _folder["no-data"]);
    }

    [Test]
    public async Task A_file_that_cannot_be_written_is_said_in_one_line()
    {
        AssertError(await AskAsync("predict", "--model_dir", _run, "--output", _folder["nowhere", "p.csv"]), 6, _folder["nowhere", "p.csv"], "--output");
        AssertError(await AskAsync("predict", "--model_dir", _run, "--output", _data), 6, "it is a folder", "--output");
    }

    [Test]
    public async Task An_exported_model_says_of_pixels_what_predict_says_and_is_the_same_file_each_time()
    {
        string path = _folder["exported", "model.onnx"];
        Directory.CreateDirectory(_folder["exported"]);
        FinishedProgram export = await ExportAsync(path);
        Assert.That(export.ExitCode, Is.Zero, export.ToString());
        Assert.That(export.Output, Is.EqualTo((string[])[$"model: {path} (ONNX, opset 17; pixels -> logits, probabilities)"]));
        byte[] bytes = await File.ReadAllBytesAsync(path);
        Assert.That((await ExportAsync(path)).ExitCode, Is.Zero);
        Assert.That(await File.ReadAllBytesAsync(path), Is.EqualTo(bytes));
        Assert.That(Directory.GetFiles(_folder["exported"]), Is.EqualTo((string[])[path]), "nothing beside it");

        FinishedProgram predict = await RunningCommand.PredictAsync("--model_dir", _run, "--dataset", _data);
        float[] predicted = [.. predict.Output.Skip(1).SelectMany(line => line.Split(',').Skip(2)).Select(p => float.Parse(p, CultureInfo.InvariantCulture))];
        using var exported = new OnnxRuns(path);
        byte[] pixels = Synthetic.Images(TestRows, side: 28, seed: 8).Values;
        Assert.That(exported.Run(OnnxRuns.Input("pixels", pixels, TestRows, 784))["probabilities"], Is.EqualTo(predicted).Within(1e-5));
    }

    [Test]
    public async Task An_export_that_cannot_be_is_said_in_one_line()
    {
        AssertError(await ExportAsync(_folder["nowhere", "m.onnx"]), 6, _folder["nowhere", "m.onnx"], "--output");
        Directory.CreateDirectory(_folder["empty"]);
        AssertError(
            await RunningCommand.RunOrchestratorAsync("export", "--model_dir", _data, "--output", _folder["empty", "m.onnx"]), 7, _data, "model.safetensors");
        Assert.That(Directory.GetFiles(_folder["empty"]), Is.Empty, "no half file is left");
    }

    private static void AssertError(FinishedProgram program, int exitCode, params string[] parts)
    {
        Assert.That(program.ExitCode, Is.EqualTo(exitCode), program.ToString());
        Assert.That(program.Output, Is.Empty);
        Assert.That(program.Errors, Has.Length.EqualTo(1), program.ToString());
        Assert.That(program.Errors[0], Does.StartWith("error: ").And.Not.Contains("Exception"));
        foreach (string part in parts)
        {
            Assert.That(program.Errors[0], Does.Contain(part));
        }
    }

    private Task<FinishedProgram> ExportAsync(string path) => RunningCommand.RunOrchestratorAsync("export", "--model_dir", _run, "--output", path);

    private Task<FinishedProgram> AskAsync(params string[] arguments) =>
        RunningCommand.RunOrchestratorAsync([.. arguments, "--dataset", _data, "--threads", "1", "--no-accel"]);

    /// <summary>A data set whose test and training samples are these.</summary>
    private void WriteTest(string name, SampleSet images)
    {
        foreach (string part in new[] { "train", "t10k" })
        {
            _folder.Write($"{name}/{part}-images-idx3-ubyte", IdxFiles.Make(0x803, [(uint)images.Count, (uint)images.Shape[1], (uint)images.Shape[2]], images.Values));
            _folder.Write($"{name}/{part}-labels-idx1-ubyte", IdxFiles.Make(0x801, [(uint)images.Count], [.. images.Labels.Select(l => (byte)l)]));
        }
    }
}
