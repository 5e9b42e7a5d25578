using System.Globalization;
using TorchSharp;
using TraversalLearning.Files;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Model;

/// <summary>
/// The complete training state as two safetensors files: θ, in the same format as the model file of a finished run, and
/// the optimizer's tensors over the flat θ with the state of the random number generator.
/// </summary>
internal static class ModelState
{
    private const string StateName = "state.safetensors";
    private const string OptimizerPrefix = "optimizer.";
    private const string MethodPrefix = "method.";
    private const string Generator = "generator";
    private const string StepKey = "optimizer_step";

    /// <summary>Writes both files to a folder.</summary>
    /// <param name="model">θ, buffers and optimizer.</param>
    /// <param name="folder">The target folder.</param>
    /// <param name="methodState">The method's own state (<see cref="ITrainingMethod.State"/>).</param>
    /// <exception cref="IOException">The files cannot be written.</exception>
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

    /// <summary>Restores a newly created model to a saved state.</summary>
    /// <param name="model">Created from the same options.</param>
    /// <param name="folder">Contains the files.</param>
    /// <param name="epochs">Number of completed epochs; the learning-rate schedule is replayed through them.</param>
    /// <param name="methodState">The method's own state; filled in.</param>
    /// <exception cref="SafetensorsException">A file is damaged, or belongs to another model or optimizer.</exception>
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

        // The length must match exactly: libtorch aborts the process at any other.
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
