using System.Text;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Command lines on images in folders: three nodes, none of which has all classes.</summary>
internal sealed class ImageFolderCommandTests
{
    private readonly TempFolder _folder = new();

    [OneTimeSetUp]
    public void WriteImages()
    {
        _folder.WriteImages("node1", "train", 6, "cat", "dog");
        _folder.WriteImages("node2", "train", 5, "dog", "fox");
        _folder.WriteImages("node3", "train", 4, "cat", "fox");
        _folder.WriteImages("all", "test", 3, "cat", "dog", "fox");
        _folder.WriteImages("all", "train", 6, "cat", "dog", "fox");
        var model = new ModelDescription("small", [3, 8, 6], 3, [new FlattenLayer("flat"), new LinearLayer("fc1", 144, 16), new ReluLayer("relu"), new LinearLayer("fc2", 16, 3)]);
        _folder.Write("model.json", Encoding.UTF8.GetBytes(model.ToJson()));
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task Nodes_with_some_of_the_classes_train_a_model_of_all_that_says_them_by_name()
    {
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync(
            "--dataset", _folder["all"], "--model", _folder["model.json"], "--cut", "fc1", "--num_nodes", "3", "--epochs", "4", "--batch_size", "8", "--optimizer", "adam", "--lr", "0.01", "--port", "0",
            "--output", _folder["run"], "--threads", "1", "--no-accel");
        string port = $"{await orchestrator.PortAsync()}";
        await using RunningCommand node1 = StartNode(1, port);
        await using RunningCommand node2 = StartNode(2, port);
        await using RunningCommand node3 = StartNode(3, port);
        FinishedProgram run = await orchestrator.EndAsync();
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
        Assert.That(run.Output, Has.Some.Contains("images of [3, 8, 6] with mean 0.5 and deviation 0.5; 30 rows of 3 classes: cat (10), dog (11), fox (9)"));

        FinishedProgram evaluate = await AskAsync("evaluate", "all");
        Assert.That(evaluate.Output.Single(), Does.Contain("rows=9"));
        FinishedProgram predict = await RunningCommand.PredictAsync("--model_dir", _folder["run"], "--dataset", _folder["all"]);
        Assert.That(predict.Output[0], Is.EqualTo("index,class,p_cat,p_dog,p_fox"));
        Assert.That(predict.Output.Skip(1).Select(l => l.Split(',')[1]).Distinct(StringComparer.Ordinal), Is.SubsetOf((string[])["cat", "dog", "fox"]));
        FinishedProgram export = await RunningCommand.RunOrchestratorAsync("export", "--model_dir", _folder["run"], "--output", _folder["model.onnx"]);
        Assert.That(export.Output.Single(), Does.Contain("pixels -> logits, probabilities"));
        FinishedProgram augmented = await RunningCommand.RunOrchestratorAsync(
            "verify", "--dataset", _folder["all"], "--model", _folder["model.json"], "--cut", "fc1", "--num_nodes", "2", "--batch_size", "8", "--steps", "3", "--dtype", "float64", "--augment", "crop:1,flip", "--threads", "1", "--no-accel");
        Assert.That(augmented.Output[^1], Does.StartWith("verify: steps=3 ").And.EndsWith(" ok"), augmented.ToString());
    }

    [Test]
    public async Task A_model_of_another_size_is_refused_before_it_is_trained()
    {
        FinishedProgram run = await RunningCommand.RunOrchestratorAsync("centralized", "--dataset", _folder["all"], "--model", "mlp", "--output", _folder["misfit"], "--threads", "1", "--no-accel");
        Assert.That(run.ExitCode, Is.EqualTo(7), run.ToString());
        Assert.That(run.Errors.Single(), Does.Contain("the model 'mlp' takes samples of [784], these are [3, 8, 6]"));
        FinishedProgram sized = await RunningCommand.RunOrchestratorAsync("centralized", "--dataset", _folder["all"], "--model", "tabular", "--output", _folder["sized"], "--threads", "1", "--no-accel");
        Assert.That((sized.ExitCode, sized.Errors.Single()), Is.EqualTo((2, $"error: --model tabular takes its sizes from tables, and '{_folder["all"]}' is none; say them: --model tabular:FEATURES,CLASSES")));
    }

    private RunningCommand StartNode(int id, string port) =>
        RunningCommand.StartNode("--node_id", $"{id}", "--data", _folder[$"node{id}"], "--port", port, "--threads", "1", "--no-accel");

    private Task<FinishedProgram> AskAsync(string command, string data) =>
        RunningCommand.RunOrchestratorAsync(command, "--model_dir", _folder["run"], "--dataset", _folder[data], "--threads", "1", "--no-accel");
}
