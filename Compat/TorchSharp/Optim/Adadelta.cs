using TorchSharp.Modules;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>Adadelta (Zeiler 2012), PyTorch's arithmetic in its order.</summary>
            public static Adadelta Adadelta(IEnumerable<Parameter> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weight_decay = 0, bool maximize = false) =>
                new(parameters, lr, rho, eps, weight_decay, maximize);

            public static Adadelta Adadelta(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weight_decay = 0, bool maximize = false) =>
                new(parameters.Select(p => p.parameter), lr, rho, eps, weight_decay, maximize);

            public static Adadelta Adadelta(IEnumerable<Adadelta.ParamGroup> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weight_decay = 0, bool maximize = false) =>
                new(parameters, lr, rho, eps, weight_decay, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Adadelta (Zeiler 2012), PyTorch's arithmetic in its order.</summary>
    public class Adadelta : OptimizerHelper
    {
        public Adadelta(IEnumerable<Parameter> parameters, double lr, double rho = 0.9, double eps = 1e-6, double weight_decay = 0, bool maximize = false)
            : this([new ParamGroup { Parameters = parameters }], lr, rho, eps, weight_decay, maximize)
        {
        }

        public Adadelta(IEnumerable<ParamGroup> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weight_decay = 0, bool maximize = false)
        {
            Require(lr >= 0.0, nameof(lr), lr);
            Require(rho is >= 0.0 and <= 1.0, nameof(rho), rho);
            Require(eps >= 0.0, nameof(eps), eps);
            Require(weight_decay >= 0.0, nameof(weight_decay), weight_decay);
            _defaults = new Options
            {
                LearningRate = lr,
                InitialLearningRate = lr,
                rho = rho,
                eps = eps,
                weight_decay = weight_decay,
                maximize = maximize,
            };
            foreach (ParamGroup group in parameters) add_param_group(group);
        }

        public override torch.Tensor step(Func<torch.Tensor>? closure = null) =>
            Step(closure, static (parameter, grad, state, options) => Update(parameter, grad, (State)state, (Options)options));

        public override void add_param_group(Modules.ParamGroup param_group)
        {
            var defaults = (Options)_defaults;
            var options = (Options)(param_group.Options ??= new Options());
            options.LearningRate ??= defaults.LearningRate;
            options.rho ??= defaults.rho;
            options.eps ??= defaults.eps;
            options.weight_decay ??= defaults.weight_decay;
            options.maximize ??= defaults.maximize;
            Register(param_group, static parameter => new State(parameter));
        }

        private static void Update(Parameter parameter, torch.Tensor gradient, State state, Options options)
        {
            double lr = options.LearningRate!.Value, rho = options.rho!.Value, eps = options.eps!.Value;
            torch.Tensor grad = options.maximize!.Value ? -gradient : gradient;
            if (options.weight_decay!.Value != 0) grad = grad.add(parameter, options.weight_decay.Value);
            state.square_avg.mul_(rho).addcmul_(grad, grad, 1 - rho);
            torch.Tensor std = state.square_avg.add(eps).sqrt_();
            torch.Tensor delta = state.acc_delta.add(eps).sqrt_().div_(std).mul_(grad);
            parameter.add_(delta, -lr);
            state.acc_delta.mul_(rho).addcmul_(delta, delta, 1 - rho);
        }

        public class Options : OptimizerOptions
        {
            public double? rho;
            public double? eps;
            public double? weight_decay;
            public bool? maximize;

            public override void LoadStateDict(OptimizerOptions source)
            {
                base.LoadStateDict(source);
                var other = (Options)source;
                rho = other.rho;
                eps = other.eps;
                weight_decay = other.weight_decay;
                maximize = other.maximize;
            }
        }

        public sealed class State : OptimizerState, IDisposable
        {
            public long step;
            public torch.Tensor square_avg;
            public torch.Tensor acc_delta;

            public State(Parameter parameter)
                : base(parameter)
            {
                square_avg = torch.zeros_like(parameter).DetachFromDisposeScope();
                acc_delta = torch.zeros_like(parameter).DetachFromDisposeScope();
            }

            public void Dispose()
            {
                square_avg.Dispose();
                acc_delta.Dispose();
            }

            public override void Initialize(OptimizerOptions options)
            {
                step = 0;
                square_avg.zero_();
                acc_delta.zero_();
            }

            public override void LoadStateDict(OptimizerState source)
            {
                var other = (State)source;
                step = other.step;
                Load(ref square_avg!, other.square_avg);
                Load(ref acc_delta!, other.acc_delta);
            }
        }

        public class ParamGroup : ParamGroup<Options>
        {
            public ParamGroup()
            {
            }

            public ParamGroup(IEnumerable<Parameter> parameters, Options options)
                : base(parameters, options)
            {
            }

            public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weight_decay = 0, bool maximize = false)
                : base(parameters, new Options { LearningRate = lr, rho = rho, eps = eps, weight_decay = weight_decay, maximize = maximize })
            {
            }
        }
    }
}
