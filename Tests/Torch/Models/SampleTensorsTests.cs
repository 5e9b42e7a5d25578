using System.Runtime.InteropServices;
using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

/// <summary>What a model is given of the samples, and whether it takes them.</summary>
public sealed class SampleTensorsTests
{
    private static readonly ModelDescription Numbers = ModelPresets.Mlp([2, 3]);
    private static readonly ModelDescription Tokens = new("words", [2], 2, [new EmbeddingLayer("table", 7, 1), new FlattenLayer("flatten")]);

    [Test]
    public void Pixels_are_normalised()
    {
        using SampleTensors tensors = Tensors(SampleSet.GreyImages([0, 255, 51, 204], [0, 1], 1, 2), ScalarType.Float64);
        AssertRows(tensors, [-2.0, 2.0, -1.2, 1.2], ScalarType.Float64);
    }

    [Test]
    public void Numbers_are_taken_as_they_are([Values] bool wide, [Values] bool wideModel)
    {
        byte[] values = wide ? Bytes<double>([0.5, -1, 1e3, 0.1]) : Bytes<float>([0.5f, -1, 1e3f, 0.1f]);
        using SampleTensors tensors = Tensors(
            new SampleSet(wide ? SampleElement.Float64 : SampleElement.Float32, [2], values, [0, 1]), wideModel ? ScalarType.Float64 : ScalarType.Float32);
        AssertRows(tensors, [0.5, -1.0, 1e3, wide && wideModel ? 0.1 : 0.1f], wideModel ? ScalarType.Float64 : ScalarType.Float32);
    }

    [Test]
    public void Tokens_become_int64_and_never_numbers([Values] bool wide)
    {
        // Neither float32 nor, for the last one, float64 could hold them.
        byte[] values = wide ? Bytes<long>([0, 1, (1 << 24) + 1, (1L << 53) + 1]) : Bytes<int>([0, 1, (1 << 24) + 1, int.MaxValue]);
        using SampleTensors tensors = Tensors(new SampleSet(wide ? SampleElement.Int64 : SampleElement.Int32, [2], values, [0, 70_000]), ScalarType.Float32);
        using DisposeScope scope = NewDisposeScope();
        (Tensor inputs, Tensor labels) = tensors.Gather([1, 0]);
        Assert.That((inputs.dtype, labels.dtype), Is.EqualTo((ScalarType.Int64, ScalarType.Int64)));
        Assert.That(inputs.data<long>().ToArray(), Is.EqualTo((long[])[(1 << 24) + 1, wide ? (1L << 53) + 1 : int.MaxValue, 0, 1]));
        Assert.That(labels.data<long>().ToArray(), Is.EqualTo((long[])[70_000, 0]));
    }

    [Test]
    public void A_set_without_samples_has_tensors_without_rows([Values] SampleElement element)
    {
        using SampleTensors tensors = Tensors(new SampleSet(element, [2], [], []), ScalarType.Float32);
        using DisposeScope scope = NewDisposeScope();
        Assert.That(tensors.Range(0, 0).Inputs.shape, Is.EqualTo((long[])[0, 2]));
    }

    [Test]
    public void No_tensor_is_left_behind([Values] SampleElement element)
    {
        long before = TensorCount.Settled();
        Tensors(new SampleSet(element, [2], new byte[2 * element.Size()], [0]), ScalarType.Float32).Dispose();
        Assert.That(Tensor.TotalCount, Is.EqualTo(before));
    }

    [Test]
    public void What_a_model_takes_is_no_misfit()
    {
        Assert.That(SampleFit.Misfit(Numbers, new SampleSet(SampleElement.UInt8, [1, 1, 2], [1, 2], [2])), Is.Null);
        Assert.That(SampleFit.Misfit(Numbers, new SampleSet(SampleElement.Float64, [2], new byte[16], [2])), Is.Null);
        Assert.That(SampleFit.Misfit(Numbers, new SampleSet(SampleElement.Float32, [2], [], [])), Is.Null);
        Assert.That(SampleFit.Misfit(Tokens, new SampleSet(SampleElement.Int32, [2], Bytes<int>([0, 6]), [1])), Is.Null);
        Assert.That(SampleFit.Misfit(Tokens, new SampleSet(SampleElement.Int64, [2], [], [])), Is.Null);
    }

    [Test]
    public void A_misfit_says_what_would_be_right()
    {
        Assert.That(
            SampleFit.Misfit(Numbers, new SampleSet(SampleElement.Float32, [1, 3], new byte[12], [0])),
            Is.EqualTo("the model 'mlp' takes samples of [2], these are [1, 3]"));
        Assert.That(
            SampleFit.Misfit(Numbers, new SampleSet(SampleElement.UInt8, [2], new byte[2], [3])),
            Is.EqualTo("the model 'mlp' has 3 classes, and there are labels up to 3"));
        Assert.That(
            SampleFit.Misfit(Numbers, new SampleSet(SampleElement.Int32, [2], new byte[8], [0])),
            Is.EqualTo("the model 'mlp' takes numbers, these are tokens (int32); save pixels from 0 to 255 as uint8, other numbers as float32"));
        Assert.That(
            SampleFit.Misfit(Tokens, new SampleSet(SampleElement.Float32, [2], new byte[8], [0])),
            Is.EqualTo("the model 'words' takes tokens, these are float32; save them as int32 or int64"));
        Assert.That(
            SampleFit.Misfit(Tokens, new SampleSet(SampleElement.Int32, [2], Bytes<int>([6, 7]), [0])),
            Is.EqualTo("the model 'words' knows the tokens 0 to 6, and there is a 7"));
        Assert.That(
            SampleFit.Misfit(Tokens, new SampleSet(SampleElement.Int64, [2], Bytes<long>([1L << 40, 1]), [0])),
            Is.EqualTo("the model 'words' knows the tokens 0 to 6, and there is a 1099511627776"));
        Assert.That(
            () => SampleFit.Require(Numbers, new SampleSet(SampleElement.UInt8, [3], new byte[3], [0])),
            Throws.TypeOf<ModelException>().With.Message.StartsWith("the samples do not fit: "));
    }

    private static SampleTensors Tensors(SampleSet samples, ScalarType type) => new(samples, [2], new Normalisation(0.5, 0.25), type, CPU);

    private static byte[] Bytes<T>(T[] values)
        where T : struct => MemoryMarshal.AsBytes<T>(values).ToArray();

    private static void AssertRows(SampleTensors tensors, double[] expected, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor inputs = tensors.Range(0, 2).Inputs;
        Assert.That((inputs.dtype, inputs.shape), Is.EqualTo((type, (long[])[2, 2])));
        Assert.That(inputs.to(ScalarType.Float64).data<double>().ToArray(), Is.EqualTo(expected).Within(type == ScalarType.Float64 ? 1e-15 : 1e-6));
    }
}
