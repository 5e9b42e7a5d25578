using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Data.Tables;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Orchestration.Export;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Scoring;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Export;

/// <summary>Exported models in ONNX Runtime against the trained models that they were made of.</summary>
internal sealed class OnnxModelTests
{
    private const int Rows = 5;
    private const double Bound = 1e-5;

    private static readonly Normalisation Scaling = new(0.2860, 0.3530);

    /// <summary>Each kind of layer over each number of dimensions that it takes: the shape in front of it, and its JSON.</summary>
    private static readonly (long[] Shape, string Layer)[] Layers =
    [
        ([6], """{"type":"linear","name":"a","in":6,"out":4}"""),
        ([6], """{"type":"linear","name":"a","in":6,"out":4,"bias":false}"""),
        ([2, 9], """{"type":"conv1d","name":"a","in":2,"out":3,"kernel":4,"stride":2,"padding":1}"""),
        ([2, 9, 7], """{"type":"conv2d","name":"a","in":2,"out":3,"kernel":3,"stride":2,"padding":1}"""),
        ([2, 9, 7], """{"type":"conv2d","name":"a","in":2,"out":3,"kernel":3,"bias":false}"""),
        ([7], """{"type":"batch_norm","name":"a","channels":7}"""),
        ([7, 5], """{"type":"batch_norm","name":"a","channels":7}"""),
        ([7, 2, 3], """{"type":"batch_norm","name":"a","channels":7}"""),
        ([6, 5], """{"type":"group_norm","name":"a","groups":3,"channels":6}"""),
        ([6, 5, 4], """{"type":"group_norm","name":"a","groups":2,"channels":6}"""),
        ([6], """{"type":"layer_norm","name":"a","size":6}"""),
        ([2, 3, 6], """{"type":"layer_norm","name":"a","size":6}"""),
        ([6], """{"type":"relu","name":"a"}"""),
        ([2, 6], """{"type":"gelu","name":"a"}"""),
        ([6], """{"type":"tanh","name":"a"}"""),
        ([2, 7], """{"type":"dropout","name":"a","p":0.5}"""),
        ([2, 7], """{"type":"max_pool1d","name":"a","kernel":3}"""),
        ([2, 7, 4], """{"type":"max_pool2d","name":"a","kernel":2}"""),
        ([2, 7, 4], """{"type":"avg_pool2d","name":"a","kernel":3}"""),
        ([2, 7, 4], """{"type":"adaptive_avg_pool2d","name":"a","size":5}"""),
        ([2, 8, 4], """{"type":"adaptive_avg_pool2d","name":"a","size":2}"""),
        ([2, 7], """{"type":"global_mean","name":"a"}"""),
        ([2, 7, 4], """{"type":"global_mean","name":"a"}"""),
        ([2, 7, 4], """{"type":"flatten","name":"a"}"""),
        ([2, 7], """{"type":"transpose","name":"a"}"""),
        ([9], """{"type":"embedding","name":"a","vocabulary":20,"size":5}"""),
        ([9, 5], """{"type":"lstm","name":"a","in":5,"hidden":3}"""),
        ([2, 6, 6], """
            {"type":"residual","name":"a","relu":true,
             "body":[{"type":"conv2d","name":"b","in":2,"out":4,"kernel":3,"stride":2,"padding":1},{"type":"batch_norm","name":"c","channels":4}],
             "shortcut":[{"type":"residual","name":"d","body":[{"type":"tanh","name":"e"}]},{"type":"conv2d","name":"f","in":2,"out":4,"kernel":1,"stride":2}]}
            """),
    ];

    private TempFolder _folder = null!;

    private static IEnumerable<string> Presets => ModelPresets.Names
        .Select(n => n.Split('[', ':')[0] switch { "tabular" => "tabular:7,3", "text" => "text:20,9,3", var name => name });

    private static IEnumerable<TestCaseData> LayerCases => Layers.Select((l, i) => new TestCaseData(l.Shape, l.Layer).SetArgDisplayNames($"{i}", l.Layer));

    [SetUp]
    public void MakeFolder() => _folder = new TempFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Every_kind_of_layer_is_tested()
    {
        string[] kinds = [.. typeof(LayerDescription).GetCustomAttributes(false).OfType<JsonDerivedTypeAttribute>().Select(a => (string)a.TypeDiscriminator!)];
        Assert.That(kinds.Where(k => !Layers.Any(l => l.Layer.Contains($"\"type\":\"{k}\"", StringComparison.Ordinal))), Is.Empty);
    }

    [TestCaseSource(nameof(LayerCases))]
    public void A_layer_computes_the_same(long[] shape, string layer)
    {
        ModelDescription alone = Describe(shape, layer, [1]);
        AssertSame(Describe(shape, layer, alone.Layers[0].OutputShape(shape)), LossFunction.Default);
    }

    [TestCaseSource(nameof(Presets))]
    public void A_preset_computes_the_same(string preset) => AssertSame(ModelPresets.Create(preset), LossFunction.Default);

    [Test]
    public void Outputs_are_what_the_loss_makes_of_them([Values(1, 3)] int outputs, [Values("bce_with_logits", "mse")] string loss) =>
        AssertSame(ModelPresets.Tabular(7, outputs), LossFunction.Create(loss, new Dictionary<string, System.Text.Json.Nodes.JsonNode>(StringComparer.Ordinal)));

    [Test]
    public void Double_precision_becomes_single()
    {
        ModelDescription model = ModelPresets.Create("lenet5");
        using TrainedModel trained = Train(model, LossFunction.Default, type: ElementType.Float64);
        AssertSame(trained, Samples(model, pixels: false), "numbers");
    }

    [Test]
    public void Pixels_are_normalised_within()
    {
        ModelDescription model = ModelPresets.Create("mlp");
        using TrainedModel trained = Train(model, LossFunction.Default, pixels: true);
        SampleSet images = Synthetic.Images(Rows, side: 28);
        var scores = (ClassScores)trained.Score(images, "test", Rows, anyRange: true, static _ => { }, CancellationToken.None);
        using var exported = new OnnxRuns(Export(trained));
        Assert.That(exported.Inputs, Is.EqualTo((string[])["pixels Byte [-1,784]"]));
        Dictionary<string, float[]> outputs = exported.Run(OnnxRuns.Input("pixels", images.Values, Rows, 784));
        Assert.That(outputs["probabilities"], Is.EqualTo(scores.Probabilities.ToArray()).Within(Bound));
        Assert.That(exported.Metadata["classes"], Is.EqualTo(JsonSerializer.Serialize(Enumerable.Range(0, 10).Select(c => $"{c}"))));
    }

    [Test]
    public void A_number_of_a_table_is_said_in_its_own_unit()
    {
        SampleSet table = Tables.Read("""{"target":"y"}""", "x,y\n1,1010\n2,1030\n3,1020\n");
        var preparation = Preparation.Of(TableStatistics.Of(table));
        using TrainedModel trained = Train(ModelPresets.Tabular(1, 1), LossFunction.Create("mse", new Dictionary<string, System.Text.Json.Nodes.JsonNode>(StringComparer.Ordinal)), preparation);
        var scores = (ValueScores)trained.Score(table, "test", Rows, anyRange: false, static _ => { }, CancellationToken.None);
        using var exported = new OnnxRuns(Export(trained));
        Assert.That(exported.Run(OnnxRuns.Input("x", [1.0, 2.0, 3.0], 3, 1))["values"], Is.EqualTo(scores.Predicted.ToArray()).Within(1e-4).And.All.GreaterThan(900));
    }

    [Test]
    public void Rows_of_tables_are_prepared_within([Values] bool missingInTraining)
    {
        // Columns that are called as an output and as a value within; numbers that single precision would not tell apart.
        const string schema = """{"label":"outcome","categorical":["site","values"]}""";
        string[] train =
        [
            "logits,age,age/Sub,site,values,outcome", "1000000000.25,30,1,Aachen,a,ill", "1000000000.5,,2,\"Mainz, Ost\",b,well", $"1000000000.75,50,3,{(missingInTraining ? string.Empty : "Ulm")},a,ill",
        ];
        SampleSet test = Tables.Read(schema, Tables.File(["1000000000.375,,1,Aachen,b,ill", "1000000001,31.5,-4,,a,ill", "999999999,55,2,Köln,c,well", "1000000000,29,2,\"Mainz, Ost\",,well"], train[0]));
        var preparation = Preparation.Of(TableStatistics.Of(Tables.Read(schema, Tables.File(train[1..], train[0]))));
        using TrainedModel trained = Train(ModelPresets.Tabular(preparation.FeatureCount, 2), LossFunction.Default, preparation);
        var scores = (ClassScores)trained.Score(test, "test", Rows, anyRange: true, static _ => { }, CancellationToken.None);

        using var exported = new OnnxRuns(Export(trained));
        Assert.That(exported.Inputs, Is.EqualTo((string[])["logits_ Double [-1,1]", "age Double [-1,1]", "age/Sub Double [-1,1]", "site String [-1,1]", "values_ String [-1,1]"]));
        Dictionary<string, float[]> outputs = exported.Run(
            OnnxRuns.Input("logits_", [1000000000.375, 1000000001, 999999999, 1000000000], 4, 1),
            OnnxRuns.Input("age", [double.NaN, 31.5, 55, 29], 4, 1),
            OnnxRuns.Input("age/Sub", [1.0, -4, 2, 2], 4, 1),
            OnnxRuns.Input("site", ["Aachen", string.Empty, "Köln", "Mainz, Ost"], 4, 1),
            OnnxRuns.Input("values_", ["b", "a", "c", string.Empty], 4, 1));
        Assert.That(outputs["probabilities"], Is.EqualTo(scores.Probabilities.ToArray()).Within(Bound));
        Assert.That(exported.Metadata["classes"], Is.EqualTo("""["ill","well"]"""));
    }

    [Test]
    public void Values_that_count_as_others_do_so_within([Values("[]", """["a","b"]""")] string names, [Values("true", "false")] string missing)
    {
        var preparation = Preparation.Parse(
            $$$"""{"label":"y","columns":[{"name":"x","number":{"mean":0,"std":1}},{"name":"site","category":{"names":{{{names}}},"missing":{{{missing}}},"other":true}}],"classes":[{"name":"ill","count":0},{"name":"well","count":0}]}""");
        SampleSet test = Tables.Read("""{"label":"y","categorical":["site"]}""", "x,site,y\n0,a,ill\n0,,well\n0,new,ill\n");
        using TrainedModel trained = Train(ModelPresets.Tabular(preparation.FeatureCount, 2), LossFunction.Default, preparation);
        var scores = (ClassScores)trained.Score(test, "test", Rows, anyRange: true, static _ => { }, CancellationToken.None);
        using var exported = new OnnxRuns(Export(trained));
        float[] probabilities = exported.Run(OnnxRuns.Input("x", [0.0, 0.0, 0.0], 3, 1), OnnxRuns.Input("site", ["a", string.Empty, "new"], 3, 1))["probabilities"];
        Assert.That(probabilities, Is.EqualTo(scores.Probabilities.ToArray()).Within(Bound));
        Assert.That(probabilities.Distinct().Count(), Is.EqualTo(2 * ((names == "[]" ? 0 : 1) + (missing == "true" ? 1 : 0) + 1)), "a place for each that has one");
    }

    [Test]
    public void A_token_that_there_is_not_is_an_error([Values(-1, 20)] long token)
    {
        using TrainedModel trained = Train(ModelPresets.Create("text:20,9,3"), LossFunction.Default);
        using var exported = new OnnxRuns(Export(trained));
        Assert.That(() => exported.Run(OnnxRuns.Input("tokens", Enumerable.Repeat(token, 9).ToArray(), 1, 9)), Throws.TypeOf<OnnxRuntimeException>());
    }

    [Test]
    public void The_same_model_gives_the_same_bytes()
    {
        using TrainedModel trained = Train(ModelPresets.Create("resnet"), LossFunction.Default);
        Assert.That(File.ReadAllBytes(Export(trained)), Is.EqualTo(File.ReadAllBytes(Export(trained))));
    }

    /// <summary>A layer, and a linear one behind it where its output is more than a vector.</summary>
    private static ModelDescription Describe(long[] shape, string layer, long[] output)
    {
        long size = output.Aggregate(1L, (a, b) => a * b);
        return new ModelDescription(
            "m", shape, 3, [JsonSerializer.Deserialize<LayerDescription>(layer, ModelDescription.Json)!, new FlattenLayer("last"), new LinearLayer("out", size, 3)]);
    }

    /// <summary>Samples of the kind that a model takes.</summary>
    private static SampleSet Samples(ModelDescription model, bool pixels)
    {
        int size = (int)model.InputShape.Aggregate(1L, (a, b) => a * b);
        var random = new SeededRandom(3);
        byte[] values = (model.Vocabulary, pixels) switch
        {
            ({ } words, _) => MemoryMarshal.AsBytes(Many(() => (long)random.Next((int)words)).AsSpan()).ToArray(),
            (_, true) => Many(() => (byte)random.Next(256)),
            _ => MemoryMarshal.AsBytes(Many(() => (random.Next(2000) / 1000f) - 1).AsSpan()).ToArray(),
        };
        SampleElement element = model.Vocabulary is not null ? SampleElement.Int64 : pixels ? SampleElement.UInt8 : SampleElement.Float32;
        return new SampleSet(element, model.InputShape, values, new int[Rows]);

        T[] Many<T>(Func<T> next) => [.. Enumerable.Range(0, Rows * size).Select(_ => next())];
    }

    private void AssertSame(ModelDescription model, LossFunction loss)
    {
        using TrainedModel trained = Train(model, loss);
        SampleSet samples = Samples(model, pixels: false);
        if (loss.Outputs == OutputMeaning.Numbers)
        {
            samples = new SampleSet(samples.Element, samples.Shape, samples.Values, new SampleTargets(model.ClassCount, new double[Rows * model.ClassCount]));
        }

        AssertSame(trained, samples, model.Vocabulary is null ? "numbers" : "tokens");
    }

    private void AssertSame(TrainedModel trained, SampleSet samples, string input)
    {
        int[] shape = [Rows, .. samples.Shape.Select(d => (int)d)];
        using var exported = new OnnxRuns(Export(trained));
        Dictionary<string, float[]> outputs = exported.Run(samples.Element == SampleElement.Int64
            ? OnnxRuns.Input(input, MemoryMarshal.Cast<byte, long>(samples.Values).ToArray(), shape)
            : OnnxRuns.Input(input, MemoryMarshal.Cast<byte, float>(samples.Values).ToArray(), shape));
        switch (trained.Score(samples, "test", Rows, anyRange: true, static _ => { }, CancellationToken.None))
        {
            case ClassScores scores:
                Assert.That(outputs.Keys, Is.EqualTo((string[])["logits", "probabilities"]));
                Assert.That(outputs["probabilities"], Is.EqualTo(scores.Probabilities.ToArray()).Within(Bound));
                Assert.That(outputs["logits"].Distinct().Count(), Is.GreaterThan(2), "something is computed");
                break;
            case ValueScores scores:
                Assert.That(outputs.Keys, Is.EqualTo((string[])["values"]));
                Assert.That(outputs["values"], Is.EqualTo(scores.Predicted.ToArray()).Within(Bound));
                Assert.That(exported.Metadata.Keys, Does.Not.Contain("classes"));
                break;
        }
    }

    /// <summary>A model that says something of everything: no parameter or buffer is at a value that could be left out.</summary>
    private TrainedModel Train(ModelDescription description, LossFunction loss, Preparation? preparation = null, ElementType type = ElementType.Float32, bool pixels = false)
    {
        using DisposeScope scope = NewDisposeScope();
        using var model = new LayeredModel(description, description.Layers.Length);
        using var parameters = new FlatParameters(model, type.ToScalarType(), CPU, gradientCount: 0);
        using (var generator = new Generator(4))
        using (no_grad())
        {
            parameters.Values.add_(randn(parameters.Count, generator: generator).to(type.ToScalarType()).mul_(0.02));
            foreach ((_, Tensor buffer) in parameters.Buffers.Where(b => b.Tensor.is_floating_point()))
            {
                buffer.add_(rand(buffer.shape, generator: generator).to(type.ToScalarType()));
            }
        }

        var samples = new SampleTraits(pixels ? SampleElement.UInt8 : SampleElement.Float32, description.InputShape);
        ModelFile.Write(
            _folder[ModelFile.FileName], parameters, new ModelFileHeader(description, type, Scaling, preparation) { Loss = loss, Samples = preparation is null && description.Vocabulary is null ? samples : null });
        return TrainedModel.Load(_folder.Path, CPU);
    }

    private string Export(TrainedModel trained)
    {
        string path = _folder[$"{Guid.NewGuid():N}.onnx"];
        using FileStream file = File.Create(path);
        OnnxModel.Of(trained).WriteTo(file);
        return path;
    }
}
