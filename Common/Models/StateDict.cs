using TorchSharp;
using TraversalLearning.Files;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using static TorchSharp.torch;

namespace TraversalLearning.Models;

/// <summary>Initial parameters and buffers for a model, from a safetensors file of any program, under PyTorch's names.</summary>
public static class StateDict
{
    /// <summary>Reads matching tensors into θ and the buffers, converted to their element types.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parameters">θ and the buffers. Tensors missing from the file keep their values.</param>
    /// <param name="partial">Whether tensors may be missing; otherwise the file must match the model tensor for tensor.</param>
    /// <returns>Which tensors matched.</returns>
    /// <exception cref="SafetensorsException">The file is damaged, or contains non-finite numbers.</exception>
    /// <exception cref="ModelException">The file does not match the model, or no tensor does. θ and the buffers are unchanged.</exception>
    public static StateDictMatch Read(string path, FlatParameters parameters, bool partial)
    {
        using SafetensorsReader file = SafetensorsReader.Open(path);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        (string Name, Tensor Tensor)[] targets =
            [.. parameters.Layout.Select(p => (p.Name, parameters.Values.narrow(0, p.Offset, p.Count).view(p.Shape))), .. parameters.Buffers];
        var entries = file.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        StateDictMatch match = Match(entries, targets);
        if (!match.IsWhole && (!partial || match.Taken.Count == 0))
        {
            throw new ModelException(match.Problems);
        }

        foreach ((string name, Tensor target) in targets.Where(t => match.Taken.Contains(t.Name, StringComparer.Ordinal)))
        {
            using Tensor read = empty(target.shape, dtype: TypeOf(entries[name].Dtype)!.Value, device: CPU);
            file.Read(entries[name], read.bytes);
            target.copy_(read);
            if (target.is_floating_point() && !target.isfinite().all().ToBoolean())
            {
                throw new SafetensorsException(path, $"{name} has numbers that are not finite in {target.dtype.ToString().ToLowerInvariant()}");
            }
        }

        return match;
    }

    private static StateDictMatch Match(Dictionary<string, SafetensorsEntry> entries, (string Name, Tensor Tensor)[] targets)
    {
        List<string> taken = [], misfits = [], missing = [];
        foreach ((string name, Tensor target) in targets)
        {
            if (!entries.TryGetValue(name, out SafetensorsEntry? entry))
            {
                missing.Add(name);
            }
            else if (entry.Shape.SequenceEqual(target.shape) && TypeOf(entry.Dtype) is { } type && is_floating_point(type) == target.is_floating_point())
            {
                taken.Add(name);
            }
            else
            {
                misfits.Add($"{name} {entry.Dtype}[{string.Join(", ", entry.Shape)}] for {ModelFile.DtypeOf(target.dtype)}[{string.Join(", ", target.shape)}]");
            }
        }

        return new StateDictMatch(taken, misfits, missing, [.. entries.Keys.Except(targets.Select(t => t.Name), StringComparer.Ordinal)]);
    }

    private static ScalarType? TypeOf(string dtype) => dtype switch
    {
        "F16" => ScalarType.Float16,
        "BF16" => ScalarType.BFloat16,
        "F32" => ScalarType.Float32,
        "F64" => ScalarType.Float64,
        "I64" => ScalarType.Int64,
        _ => null,
    };
}
