using TraversalLearning.Data;
using TraversalLearning.Files;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

internal sealed class ModelFileTests
{
    private const string Layers = """{"name":"m","input_shape":[3],"class_count":2,"layers":[{"type":"linear","name":"fc","in":3,"out":2}]}""";
    private const string Scale = """{"mean":0.25,"std":0.5}""";

    private TempFolder _folder = null!;

    private string File => _folder[ModelFile.FileName];

    private static TestCaseData[] Unfit { get; } =
    [
        new(null, Scale, "no 'model'"),
        new("{", Scale, "malformed"),
        new(Layers.Replace("linear", "custom", StringComparison.Ordinal), Scale, "malformed"),
        new(Layers.Replace("3", "4", StringComparison.Ordinal), Scale, "does not hold the 10 parameters"),
        new(Layers, null, "no 'normalisation'"),
        new(Layers, "null", "makes no sense"),
        new(Layers, """{"mean":0.25}""", "std"),
        new(Layers, """{"mean":0.25,"std":0}""", "makes no sense"),
        new(Layers, """{"mean":1e999,"std":1}""", "makes no sense"),
        new(Layers, """{"mean":"0","std":1}""", "mean"),
    ];

    [SetUp]
    public void MakeFolder() => _folder = new TempFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void A_file_says_all_that_is_needed_to_ask_its_model([Values(ElementType.Float32, ElementType.Float64)] ElementType type)
    {
        var description = ModelDescription.Parse(Layers);
        using var model = new LayeredModel(description, cut: 1);
        using var parameters = new FlatParameters(model, type.ToScalarType(), CPU, description.ParameterCount);
        var samples = new SampleTraits(SampleElement.Float32, [6]) { Range = (-1.5, 25) };
        ModelFile.Write(File, parameters, new ModelFileHeader(description, type, new Normalisation(0.1 + 0.2, 1.0 / 3)) { Samples = samples });

        ModelFileHeader header = ModelFile.ReadHeader(File);
        Assert.That(header.Model.ToJson(), Is.EqualTo(description.ToJson()));
        Assert.That(header.ElementType, Is.EqualTo(type));
        Assert.That(header.Normalisation, Is.EqualTo(new Normalisation(0.1 + 0.2, 1.0 / 3)));
        Assert.That((header.Samples!.Element, header.Samples.Shape, header.Samples.Range), Is.EqualTo((samples.Element, samples.Shape, samples.Range)));
        using var other = new LayeredModel(description, cut: 1);
        using var read = new FlatParameters(other, type.ToScalarType(), CPU, gradientCount: 0);
        ModelFile.Read(File, read);
        Assert.That(read.Sha256(), Is.EqualTo(parameters.Sha256()));
    }

    [TestCaseSource(nameof(Unfit))]
    public void What_does_not_make_a_model_is_refused(string? model, string? normalisation, string reason)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, string? value) in new[] { ("model", model), ("normalisation", normalisation) })
        {
            if (value is not null)
            {
                metadata[key] = value;
            }
        }

        SafetensorsWriter.Write(
            File, [new SafetensorsTensor("fc.weight", "F32", [2, 3], new byte[24]), new SafetensorsTensor("fc.bias", "F32", [2], new byte[8])], metadata);
        Assert.That(() => ModelFile.ReadHeader(File), Throws.TypeOf<SafetensorsException>().With.Message.StartsWith(File).And.Message.Contains(reason));
    }
}
