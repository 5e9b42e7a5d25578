using System.Globalization;
using TraversalLearning.Data;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Scoring;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Processes;

/// <summary>The lines of docs/guide/trained-model.md that take a model to PyTorch, run there.</summary>
internal sealed class PyTorchModelTests
{
    private const int Rows = 20;

    [OneTimeSetUp]
    public async Task SkipWhereThereIsNoPyTorch()
    {
        if (await PythonProgram.MissingAsync("torch", "numpy") is { } reason)
        {
            Assert.Ignore($"no PyTorch: {reason}");
        }
    }

    [Test]
    public async Task A_model_in_PyTorch_says_what_predict_says()
    {
        using var folder = new TempFolder();
        ModelDescription description = ModelPresets.Create("mlp");
        using (var model = new LayeredModel(description, cut: 1))
        using (var parameters = new FlatParameters(model, ScalarType.Float32, CPU, gradientCount: 0))
        {
            ModelFile.Write(folder[ModelFile.FileName], parameters, new ModelFileHeader(description, Tensors.ElementType.Float32, new Normalisation(0.286, 0.353)));
        }

        SampleSet images = Synthetic.Images(Rows, side: 28);
        folder.Write("pixels", images.Values);
        folder.Write("ask.py", System.Text.Encoding.UTF8.GetBytes(
            FromDocs() + $"""

            pixels = torch.from_numpy(numpy.fromfile("pixels", "u1").reshape({Rows}, 784))
            with torch.no_grad():
                print(*prepared_logits(pixels).softmax(1).flatten().tolist())
            """));
        await using PythonProgram python = PythonProgram.Start(folder.Path, "ask.py");
        (int code, string output, string errors) = await python.EndAsync();
        Assert.That(code, Is.Zero, errors);
        using var trained = TrainedModel.Load(folder.Path, CPU);
        var scores = (ClassScores)trained.Score(images, "test", Rows, anyRange: false, static _ => { }, CancellationToken.None);
        Assert.That(output.Split().Where(w => w.Length > 0).Select(w => double.Parse(w, CultureInfo.InvariantCulture)), Is.EqualTo(scores.Probabilities.ToArray()).Within(1e-5));
    }

    private static string FromDocs()
    {
        string page = File.ReadAllText(Repository.PathOf("docs", "guide", "trained-model.md"));
        const string start = "```python\n";
        int first = page.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return page[first..page.IndexOf("```", first, StringComparison.Ordinal)];
    }
}
