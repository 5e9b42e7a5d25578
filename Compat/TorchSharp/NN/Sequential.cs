using System.Globalization;
using TorchSharp.Modules;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Sequential Sequential() => new();

            /// <summary>Modules called in order; it owns them.</summary>
            public static Sequential Sequential(params (string name, Module<Tensor, Tensor> submodule)[] modules) =>
                Sequential((IEnumerable<(string, Module<Tensor, Tensor>)>)modules);

            /// <summary>Modules named "0", "1", …</summary>
            public static Sequential Sequential(params Module<Tensor, Tensor>[] modules) =>
                Sequential((IEnumerable<Module<Tensor, Tensor>>)modules);

            public static Sequential Sequential(IEnumerable<(string name, Module<Tensor, Tensor> submodule)> modules)
            {
                var result = new Sequential();
                foreach ((string name, Module<Tensor, Tensor> module) in modules) result.append(name, module);
                return result;
            }

            public static Sequential Sequential(IEnumerable<Module<Tensor, Tensor>> modules)
            {
                var result = new Sequential();
                foreach (Module<Tensor, Tensor> module in modules) result.append(module);
                return result;
            }
        }
    }
}

namespace TorchSharp.Modules
{
    public class Sequential : torch.nn.Module<torch.Tensor, torch.Tensor>
    {
        private readonly List<torch.nn.IModule<torch.Tensor, torch.Tensor>> _chain = [];

        internal Sequential()
            : base(nameof(Sequential))
        {
        }

        public int Count => _chain.Count;

        [System.Runtime.CompilerServices.IndexerName("SequentialItems")]
        public torch.nn.IModule<torch.Tensor, torch.Tensor> this[int index] => _chain[index];

        public Sequential append(torch.nn.IModule<torch.Tensor, torch.Tensor> module) =>
            append(_chain.Count.ToString(CultureInfo.InvariantCulture), module);

        public Sequential append(string name, torch.nn.IModule<torch.Tensor, torch.Tensor> module)
        {
            register_module(name, (torch.nn.Module)module);
            _chain.Add(module);
            return this;
        }

        /// <summary>Disposes what passes between the modules; the result is the caller's.</summary>
        public override torch.Tensor forward(torch.Tensor tensor)
        {
            if (_chain.Count == 0) return tensor.alias();
            torch.Tensor current = tensor;
            foreach (torch.nn.IModule<torch.Tensor, torch.Tensor> module in _chain)
            {
                torch.Tensor next = module.call(current);
                if (!ReferenceEquals(current, tensor)) current.Dispose();
                current = next;
            }

            return current;
        }
    }
}
