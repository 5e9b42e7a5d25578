using System.Globalization;
using TorchSharp;
using TraversalLearning.Files;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Model;

/// <summary>
/// All that training has changed, as two safetensors files: θ, which is a model file like that of a finished run, and the rest:
/// the optimizer's tensors over the flat θ, and the state of the generator of random numbers.
/// </summary>
internal static class ModelState
{
    private const string StateName = "state.safetensors";
    private const string OptimizerPrefix = "optimizer.";
    private const string MethodPrefix = "method.";
    private const string Generator = "generator";
    private const string StepKey = "optimizer_step";

    /// <summary>Writes both files into a folder.</summary>
    /// <param name="model">θ, buffers and optimizer.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="methodState">What the method keeps beside them (<see cref="ITrainingMethod.State"/>).</param>
    /// <exception cref="IOException">They cannot be written.</exception>
    public static void Write(ModelManager model, string folder, IReadOnlyList<(string Name, Tensor Tensor)>? methodState = null)
    {
        ModelFile.Write(Path.Combine(folder, ModelFile.FileName), model.Parameters, model.Header);
        var tensors = new List<SafetensorsTensor>();
        var hosts = new List<IDisposable>();
        try
        {
            using DisposeScope scope = NewDisposeScope();
            foreach ((string name, Tensor tensor) in OptimizerMemory.TensorsOf(model.Optimizer))
            {
                Add(OptimizerPrefix + name, ModelFile.DtypeOf(model.Setup.ElementType), tensor);
            }

            foreach ((string name, Tensor tensor) in methodState ?? [])
            {
                Add(MethodPrefix + name, ModelFile.DtypeOf(tensor.dtype), tensor);
            }

            Add(Generator, "U8", get_rng_state());
            SafetensorsWriter.Write(
                Path.Combine(folder, StateName),
                tensors,
                new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    [StepKey] = OptimizerMemory.StepsOf(model.Optimizer).ToString(CultureInfo.InvariantCulture),
                });
        }
        finally
        {
            hosts.ForEach(h => h.Dispose());
        }

        void Add(string name, string dtype, Tensor tensor)
        {
            var host = HostTensor.Of(tensor);
            hosts.Add(host);
            tensors.Add(new SafetensorsTensor(name, dtype, host.Shape, host.Memory));
        }
    }

    /// <summary>Brings a model that was just made to the state that was written.</summary>
    /// <param name="model">Made of the same options.</param>
    /// <param name="folder">Where the files are.</param>
    /// <param name="epochs">How many epochs were complete: the schedule of the learning rate is run through them again.</param>
    /// <param name="methodState">What the method keeps beside it: is filled.</param>
    /// <exception cref="SafetensorsException">A file is damaged, or of another model or optimizer.</exception>
    public static void Read(
        ModelManager model, string folder, int epochs, IReadOnlyList<(string Name, Tensor Tensor)>? methodState = null)
    {
        string modelPath = Path.Combine(folder, ModelFile.FileName);
        ModelFile.Read(modelPath, model.Parameters);
        model.Samples = ModelFile.ReadHeader(modelPath).Samples;
        string path = Path.Combine(folder, StateName);
        using SafetensorsReader file = SafetensorsReader.Open(path);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        string[] names =
            [.. file.Tensors.Where(t => t.Name.StartsWith(OptimizerPrefix, StringComparison.Ordinal)).Select(t => t.Name[OptimizerPrefix.Length..])];
        if (!file.Metadata.TryGetValue(StepKey, out string? text)
            || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long steps))
        {
            throw new SafetensorsException(path, "does not say how many steps the optimizer has done");
        }

        IReadOnlyList<(string Name, Tensor Tensor)> state = OptimizerMemory.Prepare(model.Optimizer, steps, names);
        if (state.Count != names.Length)
        {
            throw new SafetensorsException(path, $"has {names.Length} tensors of the optimizer, where it has {state.Count}");
        }

        foreach ((string name, Tensor tensor) in state)
        {
            tensor.copy_(Load(file.Require(OptimizerPrefix + name, ModelFile.DtypeOf(model.Setup.ElementType), tensor.shape), tensor.dtype));
        }

        foreach ((string name, Tensor tensor) in methodState ?? [])
        {
            tensor.copy_(Load(file.Require(MethodPrefix + name, ModelFile.DtypeOf(tensor.dtype), tensor.shape), tensor.dtype));
        }

        // Of exactly the right length: the library ends the process at any other.
        Tensor generator = Load(file.Require(Generator, "U8", get_rng_state().shape), ScalarType.Byte);
        if (!GeneratorState.IsSound(generator.bytes))
        {
            throw new SafetensorsException(path, "holds no state of the generator of random numbers");
        }

        set_rng_state(generator);
        for (int i = 0; i < epochs; i++)
        {
            model.EndEpoch();
        }

        Tensor Load(SafetensorsEntry entry, ScalarType type)
        {
            Tensor tensor = empty([.. entry.Shape], dtype: type, device: CPU);
            file.Read(entry, tensor.bytes);
            return tensor;
        }
    }
}
