using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            private static readonly Op s_setData = new("aten::set_data");

            /// <summary>Names are paths, "0.weight"; a parameter that is registered twice comes once.</summary>
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                var seen = new HashSet<Parameter>(ReferenceEqualityComparer.Instance);
                foreach ((string name, Parameter value) in _parameters)
                {
                    if (!value.IsInvalid && seen.Add(value)) yield return (name, value);
                }

                if (!recurse) yield break;
                foreach ((string prefix, Module child) in _modules)
                {
                    foreach ((string name, Parameter value) in child.named_parameters())
                    {
                        if (seen.Add(value)) yield return ($"{prefix}.{name}", value);
                    }
                }
            }

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(p => p.parameter);

            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true)
            {
                foreach ((string name, Tensor value, bool persistent) in _buffers)
                {
                    if (!value.IsInvalid && (persistent || include_nonpersistent)) yield return (name, value);
                }

                if (!recurse) yield break;
                foreach ((string prefix, Module child) in _modules)
                {
                    foreach ((string name, Tensor value) in child.named_buffers(true, include_nonpersistent)) yield return ($"{prefix}.{name}", value);
                }
            }

            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(b => b.buffer);

            public virtual IEnumerable<(string name, Module module)> named_children() => _modules;

            public virtual IEnumerable<Module> children() => named_children().Select(c => c.module);

            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach ((string name, Module child) in _modules)
                {
                    yield return (name, child);
                    foreach ((string path, Module module) in child.named_modules()) yield return ($"{name}.{path}", module);
                }
            }

            public virtual IEnumerable<Module> modules() => named_modules().Select(m => m.module);

            /// <summary>The parameters and persistent buffers themselves, not copies.</summary>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= new Dictionary<string, Tensor>(StringComparer.Ordinal);
                string start = string.IsNullOrEmpty(prefix) ? string.Empty : prefix + ".";
                foreach ((string name, Parameter parameter) in named_parameters()) destination.TryAdd(start + name, parameter);
                foreach ((string name, Tensor buffer) in named_buffers(include_nonpersistent: false)) destination.TryAdd(start + name, buffer);
                return destination;
            }

            /// <summary>Copies the values; with <paramref name="strict"/> the names must be the same.</summary>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                Dictionary<string, Tensor> target = state_dict();
                bool Wanted(string key) => skip?.Contains(key) != true;
                List<string> missing = target.Keys.Where(key => Wanted(key) && !source.ContainsKey(key)).ToList();
                List<string> unexpected = source.Keys.Where(key => Wanted(key) && !target.ContainsKey(key)).ToList();
                if (strict && (missing.Count > 0 || unexpected.Count > 0))
                    throw new InvalidOperationException("The loaded state_dict is not identical to the target dictionary.");
                using IDisposable noGrad = no_grad();
                foreach ((string key, Tensor value) in source)
                {
                    if (Wanted(key) && target.TryGetValue(key, out Tensor? into)) into.copy_(value);
                }

                return (missing, unexpected);
            }

            /// <summary>Converts in place: the parameter objects stay, their data changes.</summary>
            internal Module To(Device? device, ScalarType? dtype)
            {
                if (dtype is { } wanted && !is_floating_point(wanted))
                    throw new ArgumentException($"nn.Module.to only accepts floating point types, but got desired dtype={wanted}");
                using IDisposable noGrad = no_grad();
                foreach (Tensor tensor in parameters().Concat(buffers()).ToList())
                {
                    using Tensor? grad = tensor.grad;
                    Convert(tensor, device, dtype);
                    if (grad is not null) Convert(grad, device, dtype);
                }

                return this;
            }

            private static void Convert(Tensor tensor, Device? device, ScalarType? dtype)
            {
                ScalarType type = tensor.is_floating_point() ? dtype ?? tensor.dtype : tensor.dtype;
                using Tensor converted = tensor.to(type, device ?? tensor.device);
                s_setData.Run(tensor, converted);
            }
        }
    }
}
