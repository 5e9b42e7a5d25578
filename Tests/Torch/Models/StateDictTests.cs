using TraversalLearning.Files;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

/// <summary>Files of other models and other programs, read into a model with parameters and buffers.</summary>
internal sealed class StateDictTests
{
    private static readonly ModelDescription Description = new(
        "m", [3], 2, [new LinearLayer("fc1", 3, 4), new BatchNormLayer("bn", 4), new LinearLayer("fc2", 4, 2, Bias: false)]);

    private static readonly (string Name, long[] Shape)[] Floats =
        [("fc1.weight", [4, 3]), ("fc1.bias", [4]), ("bn.weight", [4]), ("bn.bias", [4]), ("fc2.weight", [2, 4]), ("bn.running_mean", [4]), ("bn.running_var", [4])];

    private TempFolder _folder = null!;
    private LayeredModel _model = null!;

    private string File => _folder["weights.safetensors"];

    [SetUp]
    public void Make()
    {
        _folder = new TempFolder();
        manual_seed(5);
        _model = new LayeredModel(Description, cut: 1);
    }

    [TearDown]
    public void Delete()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void A_file_of_another_precision_is_converted([Values("F16", "F32", "F64")] string dtype, [Values(ElementType.Float32, ElementType.Float64)] ElementType type)
    {
        Write(WholeFile(dtype));
        using FlatParameters parameters = Parameters(type);
        StateDictMatch match = StateDict.Read(File, parameters, partial: false);
        Assert.That((match.IsWhole, match.ToString()), Is.EqualTo((true, "8 of the model's 8 tensors")));
        foreach ((string name, Tensor tensor) in Tensors(parameters))
        {
            Assert.That(tensor.to(ScalarType.Float64).flatten().data<double>().ToArray(), Is.EqualTo(Numbers(tensor.numel(), name == "bn.num_batches_tracked")), name);
        }
    }

    [TestCase("fc1.bias", null, null, "missing: fc1.bias")]
    [TestCase("fc1.weight", "F32", new long[] { 3, 4 }, "of another shape: fc1.weight F32[3, 4] for F32[4, 3]")]
    [TestCase("bn.running_mean", "F32", new long[] { 5 }, "of another shape: bn.running_mean F32[5] for F32[4]")]
    [TestCase("fc1.weight", "I64", new long[] { 4, 3 }, "of another shape: fc1.weight I64[4, 3] for F32[4, 3]")]
    [TestCase("bn.num_batches_tracked", "F32", new long[0], "of another shape: bn.num_batches_tracked F32[] for I64[]")]
    [TestCase("fc3.weight", "F32", new long[] { 1 }, "not in the model: fc3.weight")]
    public void What_does_not_fit_is_named_and_nothing_is_taken_unless_a_part_will_do(string name, string? dtype, long[]? shape, string reason)
    {
        List<SafetensorsTensor> tensors = [.. WholeFile("F32").Where(t => t.Name != name)];
        if (dtype is not null)
        {
            tensors.Add(Tensor(name, dtype, shape!));
        }

        Write(tensors);
        using FlatParameters parameters = Parameters(ElementType.Float32);
        string before = parameters.Sha256();
        Assert.That(() => StateDict.Read(File, parameters, partial: false), Throws.TypeOf<ModelException>().With.Message.EqualTo(reason));
        Assert.That(parameters.Sha256(), Is.EqualTo(before));

        double[]? kept = Tensors(parameters).FirstOrDefault(t => t.Name == name).Tensor?.to(ScalarType.Float64).flatten().data<double>().ToArray();
        StateDictMatch match = StateDict.Read(File, parameters, partial: true);
        Assert.That(match.ToString(), Is.EqualTo($"{(kept is null ? 8 : 7)} of the model's 8 tensors; {reason}"));
        foreach ((string each, Tensor tensor) in Tensors(parameters))
        {
            Assert.That(
                tensor.to(ScalarType.Float64).flatten().data<double>().ToArray(),
                Is.EqualTo(each == name ? kept : Numbers(tensor.numel(), each == "bn.num_batches_tracked")),
                each);
        }
    }

    [Test]
    public void Of_many_names_the_first_few_are_said()
    {
        Write([Tensor("other", "F32", [1])]);
        using FlatParameters parameters = Parameters(ElementType.Float32);
        foreach (bool partial in new[] { false, true })
        {
            Assert.That(
                () => StateDict.Read(File, parameters, partial),
                Throws.TypeOf<ModelException>().With.Message.EqualTo("missing: fc1.weight, fc1.bias, bn.weight, … 8 in all; not in the model: other"));
        }
    }

    [TestCase(double.NaN, ElementType.Float64)]
    [TestCase(double.PositiveInfinity, ElementType.Float64)]
    [TestCase(1e300, ElementType.Float32)]
    public void Numbers_that_are_not_finite_are_refused(double number, ElementType type)
    {
        Write([.. WholeFile("F64").Where(t => t.Name != "fc1.bias"), Tensor("fc1.bias", "F64", [4], number)]);
        using FlatParameters parameters = Parameters(type);
        Assert.That(() => StateDict.Read(File, parameters, partial: false), Throws.TypeOf<SafetensorsException>().With.Message.Contains("fc1.bias has numbers that are not finite"));
    }

    private static IEnumerable<(string Name, Tensor Tensor)> Tensors(FlatParameters parameters) =>
        [.. parameters.Layout.Select(p => (p.Name, parameters.Values.narrow(0, p.Offset, p.Count))), .. parameters.Buffers];

    private static IEnumerable<SafetensorsTensor> WholeFile(string dtype) =>
        [.. Floats.Select(f => Tensor(f.Name, dtype, f.Shape)), Tensor("bn.num_batches_tracked", "I64", [])];

    // Numbers that every precision has.
    private static double[] Numbers(long count, bool whole) => [.. Enumerable.Range(1, (int)count).Select(i => whole ? i : i * 0.25)];

    private static SafetensorsTensor Tensor(string name, string dtype, long[] shape, double? number = null)
    {
        double[] numbers = Numbers(shape.Aggregate(1L, (a, b) => a * b), dtype == "I64");
        return new SafetensorsTensor(name, dtype, shape, numbers.SelectMany(n => Bytes(dtype, number ?? n)).ToArray());
    }

    private static byte[] Bytes(string dtype, double number) => dtype switch
    {
        "F16" => BitConverter.GetBytes((Half)number),
        "F32" => BitConverter.GetBytes((float)number),
        "F64" => BitConverter.GetBytes(number),
        _ => BitConverter.GetBytes((long)number),
    };

    private FlatParameters Parameters(ElementType type) => new(_model, type.ToScalarType(), CPU, gradientCount: 0);

    private void Write(IEnumerable<SafetensorsTensor> tensors) => SafetensorsWriter.Write(File, [.. tensors]);
}
