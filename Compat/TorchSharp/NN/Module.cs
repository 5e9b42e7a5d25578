using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A tree of named parameters, buffers and submodules.</summary>
        public partial class Module : IDisposable
        {
            private readonly List<(string Name, Parameter Value)> _parameters = [];
            private readonly List<(string Name, Tensor Value, bool Persistent)> _buffers = [];
            private readonly List<(string Name, Module Value)> _modules = [];
            private readonly string _name;
            private bool _registered;
            private bool _disposed;

            protected Module(string name) => _name = name;

            public virtual bool training { get; private set; } = true;

            public virtual string GetName() => _name;

            public virtual void train(bool train = true)
            {
                training = train;
                foreach ((string _, Module child) in named_children()) child.train(train);
            }

            public virtual void eval() => train(false);

            /// <summary>Drops the parameters' gradients, or (<paramref name="set_to_none"/> false) sets them to zero.</summary>
            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (Parameter parameter in parameters())
                {
                    if (set_to_none)
                    {
                        parameter.grad = null;
                        continue;
                    }

                    using Tensor? grad = parameter.grad;
                    grad?.zero_();
                }
            }

            public virtual Module apply(Action<Module> fn)
            {
                foreach ((string _, Module child) in named_children()) child.apply(fn);
                fn(this);
                return this;
            }

            public virtual void register_parameter(string name, Parameter param)
            {
                if (param is null || param.IsInvalid) throw new ArgumentNullException(nameof(param));
                if (_parameters.Exists(p => p.Name == name)) throw new InvalidOperationException($"Parameter {name} is already registered.");
                _parameters.Add((name, param));
            }

            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                if (tensor is null || tensor.IsInvalid) throw new ArgumentNullException(nameof(tensor));
                if (_buffers.Exists(b => b.Name == name)) throw new InvalidOperationException($"Tensor {name} is already registered.");
                _buffers.Add((name, tensor, persistent));
            }

            public virtual void register_module(string name, Module submodule)
            {
                if (string.IsNullOrEmpty(name) || name.Contains('.', StringComparison.Ordinal))
                    throw new ArgumentException($"module name can't be empty or contain \".\", got: {name}");
                if (_modules.Exists(m => m.Name == name)) throw new InvalidOperationException($"Sub-module {name} is already registered.");
                submodule.RegisterComponents();
                _modules.Add((name, submodule));
            }

            public void add_module(string name, Module module) => register_module(name, module);

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            /// <summary>Disposes the parameters and buffers, and the submodules.</summary>
            protected virtual void Dispose(bool disposing)
            {
                if (!disposing || _disposed) return;
                _disposed = true;
                foreach ((string _, Parameter parameter) in _parameters) parameter.Dispose();
                foreach ((string _, Tensor buffer, bool _) in _buffers) buffer.Dispose();
                foreach ((string _, Module module) in _modules) module.Dispose();
            }

            /// <summary>Registers the fields that hold modules, parameters and tensors, under the fields' names.</summary>
            protected virtual void RegisterComponents()
            {
                if (_registered) return;
                _registered = true;
                for (Type? type = GetType(); type is not null && type.Assembly != typeof(Module).Assembly; type = type.BaseType)
                {
                    const BindingFlags own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
                    foreach (FieldInfo field in type.GetFields(own))
                    {
                        if (IsRegistered(field.Name)) continue;
                        switch (field.GetValue(this))
                        {
                            case Module module:
                                register_module(field.Name, module);
                                break;
                            case Parameter parameter:
                                register_parameter(field.Name, parameter);
                                break;
                            case Tensor tensor:
                                register_buffer(field.Name, tensor);
                                break;
                        }
                    }
                }
            }

            /// <summary>Puts a parameter in another's place, disposing that; null only removes it.</summary>
            private protected void SetParameter(string name, Parameter? value)
            {
                int at = _parameters.FindIndex(p => p.Name == name);
                if (at >= 0)
                {
                    if (ReferenceEquals(_parameters[at].Value, value)) return;
                    _parameters[at].Value.Dispose();
                    _parameters.RemoveAt(at);
                }

                if (value is null) return;
                value.DetachFromDisposeScope();
                _parameters.Insert(at >= 0 ? at : _parameters.Count, (name, value));
            }

            /// <summary>Puts a buffer in another's place, disposing that; null only removes it.</summary>
            private protected void SetBuffer(string name, Tensor? value)
            {
                int at = _buffers.FindIndex(b => b.Name == name);
                if (at >= 0)
                {
                    if (ReferenceEquals(_buffers[at].Value, value)) return;
                    _buffers[at].Value.Dispose();
                    _buffers.RemoveAt(at);
                }

                if (value is null) return;
                value.DetachFromDisposeScope();
                _buffers.Insert(at >= 0 ? at : _buffers.Count, (name, value, true));
            }

            private bool IsRegistered(string name) =>
                _parameters.Exists(p => p.Name == name) || _buffers.Exists(b => b.Name == name) || _modules.Exists(m => m.Name == name);
        }
    }
}
